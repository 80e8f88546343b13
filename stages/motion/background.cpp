#include "motion/background.hpp"

#include <opencv2/imgproc.hpp>

namespace sluice {

namespace {
constexpr double kMost = 0.5;  // of the picture: more is a change of light

// One row of each plane that an AverageBackground keeps.
struct Row {
  float* __restrict mean;
  std::uint8_t* __restrict held;    // the value that the pixel keeps, more or less
  std::uint8_t* __restrict frames;  // since it has changed, for so many pictures
};

// Marks what is more than `limit` off the mean, and takes the mean by `share` of the way there,
// which counts for `most` at most; or all the way where the pixel has stood still for `absorb`
// pictures. By hand: one pass over the memory, where OpenCV takes ten; and so (no branches, no
// overlap) that compilers vectorize it.
void compare(const std::uint8_t* __restrict pixels, Row row, std::uint8_t* __restrict marks,
             int count, float limit, float most, float share, int absorb) {
  for (int x = 0; x < count; ++x) {
    const float value = static_cast<float>(pixels[x]);
    const float off = value - row.mean[x];
    const bool changed = (off > limit) | (off < -limit);
    const float moved = value - static_cast<float>(row.held[x]);
    const bool still = (moved <= limit) & (moved >= -limit);
    const int frames = (changed & still) ? row.frames[x] + 1 : 0;
    const bool settled = frames >= absorb;
    const float high = off > most ? most : off;
    const float step = share * (high < -most ? -most : high);
    marks[x] = changed ? 255 : 0;
    row.mean[x] += settled ? off : step;  // and so `frames` begins anew
    row.held[x] = still ? row.held[x] : pixels[x];
    row.frames[x] = static_cast<std::uint8_t>(frames);
  }
}

}  // namespace

void AverageBackground::update(const cv::Mat& luma, cv::Mat& changed, bool settling) {
  if (mean_.empty()) {
    luma.convertTo(mean_, CV_32F);
    luma.copyTo(held_);
    frames_ = cv::Mat::zeros(luma.size(), CV_8UC1);
  }
  const float limit = threshold_;
  // While settling, the plain mean of what was seen so far.
  const float share = settling ? 1.0F / static_cast<float>(++seen_) : alpha_;
  const float most = settling ? 255.0F : limit;
  for (int y = 0; y < luma.rows; ++y)
    compare(luma.ptr(y), {mean_.ptr<float>(y), held_.ptr(y), frames_.ptr(y)}, changed.ptr(y),
            luma.cols, limit, most, share, absorb_);
  if (!settling && cv::countNonZero(changed) > kMost * static_cast<double>(changed.total()))
    cv::accumulateWeighted(luma, mean_, alpha_);
}

void Mog2Background::update(const cv::Mat& luma, cv::Mat& changed, bool) {
  // Its own rate of learning begins at 1 and falls to 1/history.
  model_->apply(luma, changed);
}

}  // namespace sluice
