#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <display/montage.hpp>
#include <opencv2/imgproc.hpp>

namespace sluice::display {
namespace {

const cv::Scalar kBackground(32, 27, 23), kFrame(24, 20, 17), kText(235, 231, 228),
    kFaint(160, 150, 143), kWarning(84, 176, 244);
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr int kGap = 2;  // pixels around a picture

int caption_height(int cell_width) { return std::clamp(cell_width / 14, 16, 30); }

// The part of a cell that the picture may fill.
cv::Size room_in(cv::Size cell) {
  return {std::max(1, cell.width - 2 * kGap),
          std::max(1, cell.height - 2 * kGap - caption_height(cell.width))};
}

int width_of(const std::string& text, double scale) {
  int baseline = 0;
  return cv::getTextSize(text, kFont, scale, 1, &baseline).width;
}

std::string shortened(std::string text, double scale, int room) {
  if (width_of(text, scale) <= room) return text;
  while (!text.empty() && width_of(text + "..", scale) > room) text.pop_back();
  return text.empty() ? text : text + "..";
}

std::string silence(Duration silent) {
  const auto s = std::chrono::floor<std::chrono::seconds>(silent).count();
  if (s < 120) return fmt::format("silent {} s", s);
  if (s < 7200) return fmt::format("silent {} min", s / 60);
  return fmt::format("silent {} h", s / 3600);
}

// "cam2 · silent 12 s". The dot is drawn: the font has none.
void draw_caption(cv::Mat& strip, const Tile& tile) {
  strip.setTo(kBackground);
  const double scale = strip.rows / 50.0;
  const int margin = strip.rows / 4;
  const int base = (strip.rows + static_cast<int>(21 * scale)) / 2;
  int room = strip.cols - 2 * margin;
  const std::string state = tile.silent ? silence(*tile.silent) : std::string();
  const int state_width = tile.silent ? width_of(state, scale) + 3 * margin : 0;
  if (state_width < room - width_of("mm", scale)) room -= state_width;
  const std::string name = shortened(drawable(tile.name), scale, room);
  int x = margin;
  cv::putText(strip, name, {x, base}, kFont, scale, tile.silent ? kFaint : kText, 1, cv::LINE_AA);
  if (!tile.silent) return;
  x += width_of(name, scale) + 3 * margin / 2;
  cv::circle(strip, {x, base - static_cast<int>(8 * scale)}, std::max(2, strip.rows / 9), kWarning,
             cv::FILLED, cv::LINE_AA);
  cv::putText(strip, state, {x + 3 * margin / 2, base}, kFont, scale, kWarning, 1, cv::LINE_AA);
}

void draw_centred(cv::Mat& area, const std::string& text, const cv::Scalar& colour) {
  const double scale = std::clamp(area.cols / 640.0, 0.3, 0.8);
  cv::putText(area, text, {(area.cols - width_of(text, scale)) / 2, area.rows / 2}, kFont, scale,
              colour, 1, cv::LINE_AA);
}

void grey_out(cv::Mat& picture) {
  cv::Mat grey;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  grey.convertTo(grey, -1, 0.4, 20);  // dark and of little contrast
  cv::cvtColor(grey, picture, cv::COLOR_GRAY2BGR);
}

// Cells are all of one size and tile the canvas without a gap, so that a click on the picture can
// be mapped to a source.
void draw_tile(cv::Mat& cell, const Tile& tile, const BoxStyle& boxes) {
  const cv::Size room = room_in(cell.size());
  cv::Mat area =
      cell(cv::Rect(kGap, kGap, room.width, room.height) & cv::Rect({0, 0}, cell.size()));
  const int caption_top = std::min(kGap + room.height, cell.rows - 1);
  cv::Mat strip = cell(cv::Rect(kGap, caption_top, room.width, cell.rows - caption_top - 1));
  if (!strip.empty()) draw_caption(strip, tile);
  area.setTo(kFrame);
  if (tile.picture.empty()) {
    draw_centred(area, "no picture", kFaint);
    return;
  }
  const cv::Size size = fitted(tile.picture.size(), cell.size());
  cv::Mat place = area(cv::Rect((room.width - size.width) / 2, (room.height - size.height) / 2,
                                size.width, size.height));
  if (tile.picture.size() == size)
    tile.picture.copyTo(place);
  else
    cv::resize(tile.picture, place, size, 0, 0, cv::INTER_AREA);
  draw_boxes(place, tile.annotations, boxes);  // after scaling: lines are equally thin everywhere
  if (tile.silent) grey_out(place);
}

}  // namespace

Grid grid_for(std::size_t tiles, const MontageLayout& layout) {
  const int n = std::max(1, static_cast<int>(std::min(tiles, kMostSources)));
  const auto up = [](int a, int b) { return (a + b - 1) / b; };
  int columns = layout.columns, rows = layout.rows;
  if (columns > 0 && rows > 0) return {columns, rows, up(n, columns * rows)};
  if (columns == 0) columns = rows > 0 ? up(n, rows) : static_cast<int>(std::ceil(std::sqrt(n)));
  columns = std::min(columns, n);
  return {columns, rows > 0 ? rows : up(n, columns), 1};
}

cv::Size cell_for(int width, const std::vector<cv::Size>& pictures) {
  double tallest = 0;
  for (const auto& p : pictures)
    if (p.width > 0) tallest = std::max(tallest, static_cast<double>(p.height) / p.width);
  if (tallest == 0) tallest = 9.0 / 16;
  const double shape = std::clamp(tallest, 0.25, 1.0);
  return {width, static_cast<int>(std::lround((width - 2 * kGap) * shape)) + 2 * kGap +
                     caption_height(width)};
}

cv::Size fitted(cv::Size picture, cv::Size cell) {
  const cv::Size room = room_in(cell);
  const double scale = std::min(static_cast<double>(room.width) / picture.width,
                                static_cast<double>(room.height) / picture.height);
  const auto to = [scale](int length, int most) {
    return std::clamp(static_cast<int>(std::lround(length * scale)), 1, most);
  };
  return {to(picture.width, room.width), to(picture.height, room.height)};
}

cv::Mat scaled_bgr(const Image& image, cv::Size size) {
  const auto scaled = [](const cv::Mat& plane, cv::Size to) {
    if (plane.size() == to) return plane;
    cv::Mat out;
    cv::resize(plane, out, to, 0, 0, cv::INTER_AREA);
    return out;
  };
  if (image.format() != Kind::yuv420) return Image(image.format(), scaled(image.mat(), size)).bgr();
  const cv::Size chroma((size.width + 1) / 2, (size.height + 1) / 2);
  return Image::yuv420(scaled(image.plane(0), size), scaled(image.plane(1), chroma),
                       scaled(image.plane(2), chroma))
      .bgr();
}

void draw_montage(const std::vector<Tile>& tiles, const MontageLayout& layout, cv::Mat& canvas) {
  const Grid grid = grid_for(tiles.size(), layout);
  canvas.create(grid.rows * layout.cell.height, grid.columns * layout.cell.width, CV_8UC3);
  canvas.setTo(kBackground);
  if (tiles.empty()) {
    draw_centred(canvas, "no picture has come yet", kFaint);
    return;
  }
  const auto per_page = static_cast<std::size_t>(grid.columns * grid.rows);
  const std::size_t first = static_cast<std::size_t>(layout.page % grid.pages) * per_page;
  for (std::size_t i = first; i < std::min(tiles.size(), first + per_page); ++i) {
    const int at = static_cast<int>(i - first);
    cv::Mat cell = canvas(cv::Rect((at % grid.columns) * layout.cell.width,
                                   (at / grid.columns) * layout.cell.height, layout.cell.width,
                                   layout.cell.height));
    draw_tile(cell, tiles[i], layout.boxes);
  }
}

}  // namespace sluice::display
