// Memory for pixels that are needed while one frame is worked on.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace sluice {

// A cv::Mat allocates anew whenever its size changes, and sources of different sizes take turns at
// a stage. This one's memory only grows. Owned by a stage, used by one thread at a time.
class Scratch {
 public:
  // The memory as a Mat of this size, its pixels undefined. Valid until the next call.
  cv::Mat& as(cv::Size size, int type) {
    const auto bytes = static_cast<std::size_t>(size.area()) * CV_ELEM_SIZE(type);
    if (memory_.size() < bytes) memory_.resize(bytes);
    mat_ = cv::Mat(size, type, memory_.data());
    return mat_;
  }

 private:
  std::vector<std::uint8_t> memory_;
  cv::Mat mat_;
};

}  // namespace sluice
