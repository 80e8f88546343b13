#include "motion/luma.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <opencv2/imgproc.hpp>

namespace sluice {

const cv::Mat& Luma::of(const Image& image) {
  plane_ = image.mat();  // of gray8 and yuv420 it is the luma
  if (image.format() == Kind::bgr8 || image.format() == Kind::bgra8) {
    // Converted at full size: at scale 1/2 that is quicker than to shrink three channels.
    cv::Mat& gray = converted_.as(plane_.size(), CV_8UC1);
    cv::cvtColor(plane_, gray,
                 image.format() == Kind::bgr8 ? cv::COLOR_BGR2GRAY : cv::COLOR_BGRA2GRAY);
    plane_ = gray;
  }

  const auto scaled = [this](int pixels) { return std::max(1, static_cast<int>(pixels * scale_)); };
  const cv::Size size(scaled(plane_.cols), scaled(plane_.rows));
  // Averaging takes out most of the noise, and OpenCV is quick at it for halves only: other ratios
  // take up to ten times as long. So by halves as far as it goes, leaving out a last odd row or
  // column, and then by interpolation.
  for (std::size_t i = 0; plane_.cols / 2 >= size.width && plane_.rows / 2 >= size.height; ++i) {
    const cv::Size half(plane_.cols / 2, plane_.rows / 2);
    cv::Mat& small = halves_[i % 2].as(half, CV_8UC1);
    cv::resize(plane_(cv::Rect({0, 0}, half * 2)), small, half, 0, 0, cv::INTER_AREA);
    plane_ = small;
  }
  if (plane_.size() != size) {
    cv::Mat& small = reduced_.as(size, CV_8UC1);
    cv::resize(plane_, small, size, 0, 0, cv::INTER_LINEAR);
    plane_ = small;
  }

  if (blur_ > 0) {
    const int width = 2 * static_cast<int>(std::ceil(2 * blur_)) + 1;
    cv::Mat& soft = blurred_.as(size, CV_8UC1);
    cv::GaussianBlur(plane_, soft, cv::Size(width, width), blur_);
    plane_ = soft;
  }
  return plane_;
}

}  // namespace sluice
