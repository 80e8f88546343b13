#include "capture/file_video.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "capture/address.hpp"

namespace sluice::capture {
namespace {

// OpenCV says "no picture" at the end and for a broken picture alike. A file that should have more
// is asked again this often before that counts as the end.
constexpr int kAttempts = 16;

}  // namespace

FileVideo::FileVideo(const std::string& path) {
  check_file(path);
  // "file:" and an absolute path: or FFmpeg takes "rtp:x.avi" for a network address.
  const std::string name = "file:" + std::filesystem::absolute(path).string();
  if (!video_.open(name, cv::CAP_FFMPEG))
    throw std::runtime_error(path +
                             " can't be opened as a video: it is damaged, something else, or of a "
                             "format that this machine's FFmpeg can't decode; try: ffprobe " +
                             path);
  rate_ = video_.get(cv::CAP_PROP_FPS);
  if (!(rate_ > 0 && rate_ <= 1000)) rate_ = 25;
  const double frames = video_.get(cv::CAP_PROP_FRAME_COUNT);
  if (frames > 0 && frames < 1e12) announced_ = std::llround(frames);
}

cv::Mat FileVideo::read() {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    cv::Mat picture;  // a fresh one: OpenCV copies into what it is given, and frames are shared
    if (video_.read(picture) && !picture.empty()) {
      broken_ += attempt;
      ++given_;
      return picture;
    }
    if (given_ + broken_ + attempt >= announced_) break;
  }
  return {};
}

bool FileVideo::cut_off() const {
  // Where a file has no index, the number is reckoned from its length in time, and may be a bit
  // off.
  const auto slack = std::max<std::int64_t>(1, announced_ / 100);
  return given_ + broken_ == 0 || given_ + broken_ + slack < announced_;
}

}  // namespace sluice::capture
