#include "motion/background.hpp"

#include <opencv2/imgproc.hpp>

namespace sluice {

namespace {
constexpr double kMost = 0.5;  // of the picture: more is a change of light

// One row: marks what is more than `limit` off the mean, and takes the mean by `share` of the way
// there, which counts for `most` at most. By hand: one pass over the memory, where OpenCV takes
// five; and so (no branches, no overlap) that compilers vectorize it.
void compare(const std::uint8_t* __restrict pixels, float* __restrict mean,
             std::uint8_t* __restrict marks, int count, float limit, float most, float share) {
  for (int x = 0; x < count; ++x) {
    const float off = static_cast<float>(pixels[x]) - mean[x];
    marks[x] = (off > limit) | (off < -limit) ? 255 : 0;
    const float high = off > most ? most : off;
    mean[x] += share * (high < -most ? -most : high);
  }
}

}  // namespace

void AverageBackground::update(const cv::Mat& luma, cv::Mat& changed, bool settling) {
  if (mean_.empty()) luma.convertTo(mean_, CV_32F);
  const float limit = threshold_;
  // While settling, the plain mean of what was seen so far.
  const float share = settling ? 1.0F / static_cast<float>(++seen_) : alpha_;
  const float most = settling ? 255.0F : limit;
  for (int y = 0; y < luma.rows; ++y)
    compare(luma.ptr(y), mean_.ptr<float>(y), changed.ptr(y), luma.cols, limit, most, share);
  if (!settling && cv::countNonZero(changed) > kMost * static_cast<double>(changed.total()))
    cv::accumulateWeighted(luma, mean_, alpha_);
}

void Mog2Background::update(const cv::Mat& luma, cv::Mat& changed, bool) {
  // Its own rate of learning begins at 1 and falls to 1/history.
  model_->apply(luma, changed);
}

}  // namespace sluice
