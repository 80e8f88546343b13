#include "capture/scene.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace sluice::capture {
namespace {

constexpr int kNoiseMean = 8;
constexpr double kNoiseSigma = 2.5;
constexpr int kNoiseSlack = 64;  // pixels by which the noise field is larger than the picture

// Blue, green, red. All of luma above 200 and no channel above 240, where the background stays
// below 150: an object's every pixel stands out, in grey too, and noise doesn't saturate it.
const std::array<cv::Scalar, 6> kColours{{{240, 240, 240},
                                          {60, 240, 240},
                                          {140, 240, 160},
                                          {240, 240, 140},
                                          {210, 200, 240},
                                          {120, 215, 240}}};

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): any
// number in, an unrelated one out. Unlike <random>'s distributions it is the same everywhere.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Draws in turn, for what is set up once.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(mixed(seed)) {}
  double between(double least, double most) {
    state_ = mixed(state_);
    return least + (most - least) * static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

// Different uses of one seed.
enum Use : std::uint64_t { kTexture = 0x1000, kNoise = 0x2000, kObjects = 0x3000 };
std::uint64_t seed_of(std::uint64_t seed, Use use) { return mixed(mixed(seed) + use); }

std::uint64_t frames_in(Duration time, double rate) {
  if (time <= Duration::zero()) return 0;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(seconds(time) * rate)));
}

// 0 → 1 → 0 → 1 ... as x goes 0, 1, 2, 3 ...
double bounced(double x) {
  const double u = std::fmod(x, 2.0);
  return u < 1 ? u : 2 - u;
}

cv::Mat blotches(cv::RNG& rng, int width, int height, int cell, double least, double most) {
  cv::Mat small(std::max(2, height / cell), std::max(2, width / cell), CV_8UC1), large;
  rng.fill(small, cv::RNG::UNIFORM, least, most);
  cv::resize(small, large, {width, height}, 0, 0, cv::INTER_LINEAR);
  return large;
}

// A bright colour by the seed. Steps of the golden ratio keep the hues of neighbouring seeds apart.
cv::Scalar tint_of(std::uint64_t seed) {
  const double turn = std::fmod(static_cast<double>(seed % 1000) * 0.6180339887, 1.0);
  cv::Mat pixel(1, 1, CV_8UC3, cv::Scalar(std::floor(turn * 180), 120, 255));
  cv::cvtColor(pixel, pixel, cv::COLOR_HSV2BGR);
  const auto bgr = pixel.at<cv::Vec3b>(0, 0);
  return {bgr[0] / 255.0, bgr[1] / 255.0, bgr[2] / 255.0};
}

// One colour in the channels of a format.
cv::Scalar converted(const cv::Scalar& bgr, Kind format) {
  if (format == Kind::bgr8) return bgr;
  cv::Mat pixel(1, 1, CV_8UC3, bgr);
  cv::cvtColor(pixel, pixel, cv::COLOR_BGR2YCrCb);
  const auto y_cr_cb = pixel.at<cv::Vec3b>(0, 0);
  return {double(y_cr_cb[0]), double(y_cr_cb[2]), double(y_cr_cb[1])};
}

}  // namespace

Scene::Scene(const SceneSettings& settings)
    : settings_(settings),
      moving_frames_(std::max<std::uint64_t>(1, frames_in(settings.moving, settings.rate))),
      still_frames_(frames_in(settings.still, settings.rate)) {
  make_background();
  make_objects();
  noise_.create(settings_.height + kNoiseSlack, settings_.width + kNoiseSlack,
                background_[0].type());
  cv::RNG rng(seed_of(settings_.seed, kNoise));
  rng.fill(noise_, cv::RNG::NORMAL, kNoiseMean, kNoiseSigma);
}

void Scene::make_background() {
  const int width = settings_.width;
  const int height = settings_.height;
  cv::RNG rng(seed_of(settings_.seed, kTexture));
  cv::Mat luma = blotches(rng, width, height, 40, 50, 110);
  luma += blotches(rng, width, height, 6, 0, 36);

  cv::Mat bgr;
  cv::cvtColor(luma, bgr, cv::COLOR_GRAY2BGR);
  cv::multiply(bgr, tint_of(settings_.seed), bgr);
  switch (settings_.format) {
    case Kind::bgr8:
      background_ = {bgr};
      break;
    case Kind::yuv420: {
      std::array<cv::Mat, 3> y_cr_cb;
      cv::cvtColor(bgr, bgr, cv::COLOR_BGR2YCrCb);
      cv::split(bgr, y_cr_cb.data());
      const cv::Size half((width + 1) / 2, (height + 1) / 2);
      for (auto* chroma : {&y_cr_cb[1], &y_cr_cb[2]})
        cv::resize(*chroma, *chroma, half, 0, 0, cv::INTER_AREA);
      background_ = {y_cr_cb[0], y_cr_cb[2], y_cr_cb[1]};
      break;
    }
    default:
      background_.resize(1);
      cv::cvtColor(bgr, background_[0], cv::COLOR_BGR2GRAY);
  }
  background_[0] -= cv::Scalar::all(kNoiseMean);
}

void Scene::make_objects() {
  Dice dice(seed_of(settings_.seed, kObjects));
  for (int i = 0; i < settings_.objects; ++i) {
    Object o;
    o.size.width = std::max(2, static_cast<int>(settings_.width * dice.between(0.08, 0.2)));
    o.size.height = std::max(2, static_cast<int>(settings_.height * dice.between(0.1, 0.25)));
    o.colour = converted(kColours[static_cast<std::size_t>(i) % kColours.size()], settings_.format);
    o.start_x = dice.between(0, 2);
    o.start_y = dice.between(0, 2);
    o.speed_x = dice.between(0.15, 0.5);
    o.speed_y = dice.between(0.1, 0.35);
    objects_.push_back(o);
  }
}

// Where the objects are, in the order of drawing; none in a still phase.
std::vector<cv::Rect> Scene::objects_at(std::uint64_t n) const {
  const std::uint64_t cycle = moving_frames_ + still_frames_;
  if (n % cycle >= moving_frames_) return {};
  // Time stands still for the objects while they are away.
  const double t = static_cast<double>(n / cycle * moving_frames_ + n % cycle) / settings_.rate;
  std::vector<cv::Rect> rects;
  rects.reserve(objects_.size());
  for (const auto& o : objects_) {
    const double x = bounced(o.start_x + o.speed_x * t) * (settings_.width - o.size.width);
    const double y = bounced(o.start_y + o.speed_y * t) * (settings_.height - o.size.height);
    rects.emplace_back(cv::Point(cvRound(x), cvRound(y)), o.size);
  }
  return rects;
}

Scene::View Scene::frame(std::uint64_t n) const {
  View view;
  // The picture's own memory, the one large allocation per frame: whoever holds the frame keeps it.
  view.image = settings_.format == Kind::yuv420
                   ? Image::make_yuv420(settings_.width, settings_.height)
                   : Image(settings_.format,
                           cv::Mat(settings_.height, settings_.width, background_[0].type()));
  cv::Mat first = view.image.plane(0);  // shares the memory, which nobody else sees yet

  const std::uint64_t draw = mixed(seed_of(settings_.seed, kNoise) + n);
  const cv::Point corner(static_cast<int>(draw % kNoiseSlack),
                         static_cast<int>(draw / kNoiseSlack % kNoiseSlack));
  const cv::Mat noise = noise_(cv::Rect(corner, first.size()));
  cv::add(background_[0], noise, first);
  for (std::size_t i = 1; i < background_.size(); ++i)
    background_[i].copyTo(view.image.plane(static_cast<int>(i)));

  const auto rects = objects_at(n);
  const cv::Scalar mean = cv::Scalar::all(kNoiseMean);
  for (std::size_t i = 0; i < rects.size(); ++i) {
    const cv::Rect& r = rects[i];
    const cv::Scalar colour = objects_[i].colour;
    cv::Mat spot = first(r);
    cv::add(noise(r), colour - mean, spot);
    if (background_.size() > 1) {
      const cv::Rect half(cv::Point(r.x / 2, r.y / 2),
                          cv::Point((r.x + r.width + 1) / 2, (r.y + r.height + 1) / 2));
      for (int p = 1; p < 3; ++p) cv::Mat(view.image.plane(p))(half).setTo(colour[p]);
    }
    // What comes later is drawn over it; a box with nothing to see in it would be no truth.
    const bool hidden = std::any_of(rects.begin() + static_cast<std::ptrdiff_t>(i) + 1, rects.end(),
                                    [&r](const cv::Rect& over) { return (r & over) == r; });
    if (hidden) continue;
    const double width = settings_.width;
    const double height = settings_.height;
    view.truth.push_back(
        {"truth", {r.x / width, r.y / height, r.width / width, r.height / height}, 1.0, {}});
  }
  return view;
}

}  // namespace sluice::capture
