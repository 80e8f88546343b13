// libjpeg's compressor, with its C manners (setjmp, callbacks, plain memory) kept out of the stage.
//
// Why libjpeg's own interface and not TurboJPEG's: TurboJPEG 2.1 takes the restart interval from
// the environment only, and takes the fast DCT below quality 96 whether asked to or not. It is the
// same library with the same SIMD code underneath, and as fast.
#pragma once

// First: the next one uses FILE and size_t without saying so.
#include <cstdio>
// libjpeg
#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sluice/media/frame.hpp>
#include <span>
#include <vector>

namespace sluice::codec {

enum class Subsampling { s420, s422, s444, gray };

struct JpegSettings {
  int quality = 85;
  Subsampling subsampling = Subsampling::s420;
  int restart_rows = 0;  // of blocks; 0: no restart markers
  bool fast_dct = false;
};

// Used by one thread at a time, which may be another at each call: nothing
// in libjpeg that belongs to a thread lasts from one picture to the next (it chooses its SIMD code
// anew for each).
class JpegCompressor {
 public:
  JpegCompressor();
  ~JpegCompressor();
  JpegCompressor(const JpegCompressor&) = delete;
  JpegCompressor& operator=(const JpegCompressor&) = delete;

  // The JPEG of a gray8, bgr8, bgra8 or yuv420 picture; valid until the next call. Throws
  // FrameError where libjpeg refuses, such as a picture above 65500 pixels wide.
  std::span<const std::uint8_t> compress(const Image& image, const JpegSettings& settings);

  // The same as a payload of its own. The compressor's buffer is reused, and this is a copy of
  // exactly its size, which costs 0.3 % of the time of compressing. Handing out the buffers
  // themselves and taking them back would tie frames to the compressor, and a queue's `max_bytes`
  // would not see what it really holds.
  Encoded encode(const Image& image, const JpegSettings& settings);

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const { std::free(memory); }
  };

  static void on_error(j_common_ptr cinfo);
  static void on_message(j_common_ptr, int) {}
  static void init_output(j_compress_ptr cinfo);
  static boolean grow_output(j_compress_ptr cinfo);
  static void end_output(j_compress_ptr cinfo);

  bool run(const Image& image, const JpegSettings& settings, bool planar);
  void configure(const Image& image, const JpegSettings& settings, bool planar);
  void write_rows(const cv::Mat& pixels);
  void write_planes(const Image& image);
  JSAMPROW line(const cv::Mat& plane, std::size_t component, int row, int slot);

  jpeg_compress_struct cinfo_{};
  jpeg_error_mgr errors_{};
  jpeg_destination_mgr output_{};
  std::jmp_buf failed_{};
  // Compressed bytes. From malloc, since it grows inside a callback, where nothing may be thrown.
  std::unique_ptr<std::uint8_t, Free> bytes_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  // yuv420 only: one row of blocks of each component, its rows filled up to whole blocks.
  std::array<std::vector<std::uint8_t>, 3> strips_;
};

}  // namespace sluice::codec
