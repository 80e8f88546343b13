// Bare TurboJPEG on a video's pictures: what no path that encodes and decodes them can beat.

#include <fmt/format.h>
#include <turbojpeg.h>

#include <chrono>
#include <opencv2/videoio.hpp>
#include <stdexcept>

#include "timing.hpp"

namespace timing {

int codec(const Arguments& a) {
  cv::VideoCapture video(a[0]);
  std::vector<cv::Mat> pictures;
  for (cv::Mat picture; pictures.size() < 100 && video.read(picture);)
    pictures.push_back(picture.clone());
  if (pictures.empty()) throw std::runtime_error("no pictures in " + a[0]);
  const int quality = std::stoi(a[1]);
  const int frames = std::stoi(a[2]);
  const tjhandle encoder = tjInitCompress();
  const tjhandle decoder = tjInitDecompress();
  unsigned char* jpeg = nullptr;
  unsigned long size = 0;
  std::chrono::nanoseconds encoding{0}, decoding{0};
  std::size_t bytes = 0;
  // What the stages do too: the fast transforms that their defaults choose.
  for (int i = 0; i < frames; ++i) {
    const cv::Mat& picture = pictures[static_cast<std::size_t>(i) % pictures.size()];
    const auto begin = std::chrono::steady_clock::now();
    if (tjCompress2(encoder, picture.data, picture.cols, 0, picture.rows, TJPF_BGR, &jpeg, &size,
                    TJSAMP_420, quality, 0) != 0)
      throw std::runtime_error(tjGetErrorStr2(encoder));
    const auto middle = std::chrono::steady_clock::now();
    cv::Mat out(picture.size(), CV_8UC3);
    if (tjDecompress2(decoder, jpeg, size, out.data, out.cols, 0, out.rows, TJPF_BGR,
                      TJFLAG_FASTDCT | TJFLAG_FASTUPSAMPLE) != 0)
      throw std::runtime_error(tjGetErrorStr2(decoder));
    const auto end = std::chrono::steady_clock::now();
    encoding += middle - begin;
    decoding += end - middle;
    bytes += size;
  }
  tjFree(jpeg);
  tjDestroy(encoder);
  tjDestroy(decoder);
  const auto ms = [&](std::chrono::nanoseconds t) {
    return static_cast<double>(t.count()) / 1e6 / frames;
  };
  fmt::print("{{\"encode_ms\": {:.4f}, \"decode_ms\": {:.4f}, \"bytes\": {}}}\n", ms(encoding),
             ms(decoding), bytes / static_cast<std::size_t>(frames));
  return 0;
}

}  // namespace timing
