// libjpeg's decompressor for one picture from anywhere: checks before it allocates, and says why
// not by FrameError.
//
// Why libjpeg's own interface and not TurboJPEG's: that one tells of the first warning only, so
// that damage behind a harmless one would be passed over.
#pragma once

// First: the next one uses FILE and size_t without saying so.
#include <cstdio>
// libjpeg
#include <jpeglib.h>

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <sluice/media/image.hpp>
#include <span>
#include <string>

namespace sluice::codec {

// What a picture may have. Besides, scans times pixels are bounded, so that none takes much longer
// than a second.
struct JpegLimits {
  std::int64_t max_pixels = 25'000'000;  // the largest of usual cameras
  int max_scans = 100;                   // progressive pictures have about 10
  const char* remedy = "";               // what to do, said behind the limit that was passed
};

// How many scans a JPEG may have at most: its SOS markers outside of the metadata before the first
// scan (where an EXIF preview has some of its own). Never less than what a decoder would find.
int count_scans(std::span<const std::uint8_t> jpeg);

// Where the bytes begin as a JPEG does.
bool is_jpeg(std::span<const std::uint8_t> bytes);

// Decodes one picture; made anew for each. A decompressor keeps quantization and Huffman tables
// from picture to picture, and a picture that lacks its own would be decoded with those of another
// camera. Making one costs some microseconds. It must not move between threads in the middle of a
// call (libjpeg-turbo 2.1.5 chooses its SIMD code by thread), and so it can't.
class JpegDecoder {
 public:
  // Reads the header only. `jpeg` must stay while this is used. With `tolerate`, a picture that is
  // damaged or cut off is decoded as far as it goes.
  JpegDecoder(std::span<const std::uint8_t> jpeg, const JpegLimits& limits, bool tolerate);
  ~JpegDecoder();
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  cv::Size size() const;
  // The least scale, in eighths, at which the picture is at least as large as this; else 8.
  int eighths_for(cv::Size least) const;

  // Once. `format` is bgr8, gray8 or yuv420; `eighths` 1 to 8, sizes are rounded up. `fast`: a
  // coarser DCT and upsampling of colours.
  Image decode(Kind format, int eighths, bool fast);

 private:
  static void on_error(j_common_ptr cinfo);
  static void on_message(j_common_ptr cinfo, int level);
  static bool is_harmless(const jpeg_error_mgr& errors);

  // Each is false where libjpeg gave up, and errors_ knows why.
  bool read_header();
  bool start();
  bool read_rows(cv::Mat& out);
  bool read_planes(cv::Mat* planes);
  void check(const JpegLimits& limits) const;
  cv::Mat pixels(J_COLOR_SPACE colours);
  bool has_planes() const;
  Image stored_planes();
  [[noreturn]] void fail(const char* what);

  jpeg_decompress_struct cinfo_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf failed_{};
  std::span<const std::uint8_t> jpeg_;
  const bool tolerate_;
  bool damaged_ = false;  // it ended for a warning, which `tolerate` would have passed over
};

}  // namespace sluice::codec
