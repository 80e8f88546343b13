// TurboJPEG's decompressor for one picture from anywhere: checks before it allocates, and says why
// not by FrameError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <sluice/media/image.hpp>
#include <span>
#include <string>

namespace sluice {

struct JpegLimits {
  std::int64_t max_pixels;
  int max_scans;
};

// How many scans a JPEG may have at most: its SOS markers outside of the metadata before the first
// scan (where an EXIF preview has some of its own). Never less than what a decoder would find.
int count_scans(std::span<const std::uint8_t> jpeg);

// Decodes one picture; made anew for each. A decompressor keeps quantization and Huffman tables
// from picture to picture, and a picture that lacks its own would be decoded with those of another
// camera. Making one costs less than a microsecond. It must not move between threads in the middle
// of a call (libjpeg-turbo 2.1.5 chooses its SIMD code by thread), and so it can't.
class JpegDecoder {
 public:
  // Reads the header only. `jpeg` must stay while this is used. With `tolerate`, a picture that is
  // damaged or cut off is decoded as far as it goes.
  JpegDecoder(std::span<const std::uint8_t> jpeg, const JpegLimits& limits, bool tolerate);

  // `format` is bgr8, gray8 or yuv420; `divisor` 1, 2, 4 or 8, sizes are rounded up. `fast`: DCT
  // and upsampling of colours.
  Image decode(Kind format, int divisor, bool fast) const;

 private:
  struct Destroy {
    void operator()(void* handle) const;
  };

  cv::Mat pixels(int format, int divisor, int flags) const;
  Image yuv420(int divisor, int flags) const;
  Image stored_planes(int flags) const;
  bool failed(int status) const;
  std::string why() const;

  std::unique_ptr<void, Destroy> handle_;
  std::span<const std::uint8_t> jpeg_;
  bool tolerate_;
  int width_ = 0;
  int height_ = 0;
  int subsampling_ = -1;
  int colourspace_ = -1;
};

}  // namespace sluice
