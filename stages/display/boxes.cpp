#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <display/boxes.hpp>
#include <opencv2/imgproc.hpp>

namespace sluice::display {
namespace {

constexpr std::size_t kMostBoxes = 256;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

bool is_whole(const Box& box) { return box == Box{}; }

bool is_drawn(const Annotation& a, const BoxStyle& style) {
  if (a.label == "truth" && !style.truth) return false;
  return !is_whole(a.box) || !a.text.empty();
}

// One colour for a label, the same in every picture and on every day (FNV-1a, so not std::hash).
cv::Scalar colour_of(const std::string& label) {
  if (label == "motion") return {72, 186, 255};
  if (label == "truth") return {170, 170, 170};
  static const std::array<cv::Scalar, 6> palette = {
      cv::Scalar(219, 172, 86), cv::Scalar(120, 200, 90), cv::Scalar(200, 130, 230),
      cv::Scalar(90, 110, 240), cv::Scalar(200, 200, 80), cv::Scalar(130, 170, 250)};
  std::uint32_t hash = 2166136261u;
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return palette[hash % palette.size()];
}

std::string words_of(const Annotation& a) {
  if (!a.text.empty()) return drawable(a.text);
  if (a.label.empty() || a.label == "motion") return {};
  if (a.score < 1.0) return drawable(a.label) + fmt::format(" {:.2f}", a.score);
  return drawable(a.label);
}

// Light text on a filled strip whose lower left corner is `corner`, moved to be inside the picture.
void draw_words(cv::Mat& picture, const std::string& words, cv::Point corner, double scale,
                const cv::Scalar& fill) {
  int baseline = 0;
  const cv::Size size = cv::getTextSize(words, kFont, scale, 1, &baseline);
  const int pad = std::max(2, baseline / 2);
  const int height = size.height + baseline + 2 * pad;
  const int x = std::clamp(corner.x, 0, std::max(0, picture.cols - size.width - 2 * pad));
  const int y = std::clamp(corner.y, std::min(height, picture.rows), picture.rows);
  cv::rectangle(picture, {x, y - height, size.width + 2 * pad, height}, fill, cv::FILLED);
  cv::putText(picture, words, {x + pad, y - pad - baseline + 1}, kFont, scale, {16, 16, 16}, 1,
              cv::LINE_AA);
}

// Fractions to pixels. A peer's numbers may be anything, NaN too.
int to_pixel(double fraction, int length) {
  if (!(fraction > 0)) return 0;
  return static_cast<int>(std::lround(std::min(fraction, 1.0) * length));
}

}  // namespace

std::string drawable(std::string_view text, std::size_t most) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80) continue;  // of a UTF-8 character, the first byte stands for all
    if (ascii.size() == most) {
      if (most > 2) ascii.replace(most - 2, 2, "..");
      break;
    }
    ascii += byte >= 32 && byte < 127 ? c : '?';
  }
  return ascii;
}

bool has_boxes(std::span<const Annotation> annotations, const BoxStyle& style) {
  return std::any_of(annotations.begin(), annotations.end(),
                     [&](const Annotation& a) { return is_drawn(a, style); });
}

void draw_boxes(cv::Mat& picture, std::span<const Annotation> annotations, const BoxStyle& style) {
  const int side = std::min(picture.cols, picture.rows);
  const int thickness = std::max(1, side / 240);
  const double scale = std::clamp(side / 1000.0, 0.35, 1.2);
  int line = 0;
  for (const auto& a : annotations.first(std::min(annotations.size(), kMostBoxes))) {
    if (!is_drawn(a, style)) continue;
    const std::string words = words_of(a);
    const cv::Scalar colour = colour_of(a.label);
    if (is_whole(a.box)) {
      line += static_cast<int>(40 * scale);
      draw_words(picture, words, {0, line}, scale, {225, 225, 225});
      continue;
    }
    const cv::Point from(to_pixel(a.box.x, picture.cols), to_pixel(a.box.y, picture.rows));
    const cv::Point to(to_pixel(a.box.x + a.box.width, picture.cols),
                       to_pixel(a.box.y + a.box.height, picture.rows));
    if (to.x <= from.x || to.y <= from.y) continue;
    cv::rectangle(picture, from, to - cv::Point(1, 1), colour, thickness);
    if (!words.empty()) draw_words(picture, words, from, scale, colour);
  }
}

}  // namespace sluice::display
