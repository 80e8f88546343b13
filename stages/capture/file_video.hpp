// A video file, read from its beginning to its end.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>
#include <string>

namespace sluice::capture {

// Used by one thread.
class FileVideo {
 public:
  // Throws std::runtime_error, saying what to do, where there is no video in it.
  explicit FileVideo(const std::string& path);

  // The next picture, bgr8 in memory of its own; empty at the end.
  cv::Mat read();

  double rate() const { return rate_; }  // frames per second; 25 where the file says nonsense
  std::int64_t given() const { return given_; }
  std::int64_t broken() const { return broken_; }  // passed over, as they couldn't be decoded

  // After the end: whether clearly fewer pictures came than the file announces.
  bool cut_off() const;
  std::int64_t announced() const { return announced_; }  // 0: doesn't say

 private:
  cv::VideoCapture video_;
  double rate_ = 0;
  std::int64_t announced_ = 0;
  std::int64_t given_ = 0;
  std::int64_t broken_ = 0;
};

}  // namespace sluice::capture
