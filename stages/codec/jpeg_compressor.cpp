#include "codec/jpeg_compressor.hpp"

#include <jerror.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sluice/stage.hpp>
#include <string>

// Rules of the house for setjmp: libjpeg reports errors by longjmp, which runs no destructor. So
// between run() and libjpeg there is nothing on the stack that needs one, and nothing is thrown
// through libjpeg's frames.

namespace sluice::codec {
namespace {

constexpr std::size_t kFirstCapacity = 64 * 1024;
constexpr int kBlock = 8;  // pixels

// libjpeg only reads its input, but its types don't say so.
JSAMPROW input(const std::uint8_t* row) { return const_cast<JSAMPROW>(row); }

}  // namespace

JpegCompressor::JpegCompressor() {
  cinfo_.err = jpeg_std_error(&errors_);
  errors_.error_exit = on_error;
  errors_.emit_message = on_message;  // warnings: none that matter to a compressor
  cinfo_.client_data = this;
  if (setjmp(failed_)) throw std::runtime_error("libjpeg doesn't start: wrong version of libjpeg?");
  jpeg_create_compress(&cinfo_);
  output_.init_destination = init_output;
  output_.empty_output_buffer = grow_output;
  output_.term_destination = end_output;
  cinfo_.dest = &output_;
}

JpegCompressor::~JpegCompressor() { jpeg_destroy_compress(&cinfo_); }

std::span<const std::uint8_t> JpegCompressor::compress(const Image& image,
                                                       const JpegSettings& settings) {
  if (!kinds::pictures.has(image.format()))
    throw FrameError("there is no JPEG of " + std::string(to_string(image.format())));
  const bool planar = image.format() == Kind::yuv420 && settings.subsampling != Subsampling::gray;
  if (planar) {
    for (std::size_t i = 0; i < 3; ++i) {
      const int lines = i == 0 ? 2 * kBlock : kBlock;
      strips_[i].resize(static_cast<std::size_t>(image.plane(static_cast<int>(i)).cols + kBlock) *
                        static_cast<std::size_t>(lines));
    }
  }
  if (!run(image, settings, planar)) {
    std::array<char, JMSG_LENGTH_MAX> why{};
    errors_.format_message(reinterpret_cast<j_common_ptr>(&cinfo_), why.data());
    jpeg_abort_compress(&cinfo_);
    throw FrameError("libjpeg can't compress this picture: " + std::string(why.data()));
  }
  return {bytes_.get(), size_};
}

Encoded JpegCompressor::encode(const Image& image, const JpegSettings& settings) {
  const auto jpeg = compress(image, settings);
  auto bytes = std::make_shared_for_overwrite<std::uint8_t[]>(jpeg.size());
  std::copy(jpeg.begin(), jpeg.end(), bytes.get());
  const std::span<const std::uint8_t> view(bytes.get(), jpeg.size());
  return {Kind::jpeg, view, std::move(bytes)};
}

// False: libjpeg gave up, and errors_ knows why.
bool JpegCompressor::run(const Image& image, const JpegSettings& settings, bool planar) {
  if (setjmp(failed_)) return false;
  configure(image, settings, planar);
  jpeg_start_compress(&cinfo_, TRUE);
  if (planar) {
    write_planes(image);
  } else {
    write_rows(image.mat());
  }
  jpeg_finish_compress(&cinfo_);
  return true;
}

void JpegCompressor::configure(const Image& image, const JpegSettings& settings, bool planar) {
  cinfo_.image_width = static_cast<JDIMENSION>(image.width());
  cinfo_.image_height = static_cast<JDIMENSION>(image.height());
  switch (image.format()) {
    case Kind::bgr8:
      cinfo_.input_components = 3;
      cinfo_.in_color_space = JCS_EXT_BGR;
      break;
    case Kind::bgra8:
      cinfo_.input_components = 4;
      cinfo_.in_color_space = JCS_EXT_BGRX;
      break;
    default:
      cinfo_.input_components = planar ? 3 : 1;
      cinfo_.in_color_space = planar ? JCS_YCbCr : JCS_GRAYSCALE;
  }
  jpeg_set_defaults(&cinfo_);  // YCbCr at 4:2:0, or gray for gray
  if (settings.subsampling == Subsampling::gray) jpeg_set_colorspace(&cinfo_, JCS_GRAYSCALE);
  if (cinfo_.num_components == 3 && !planar) {
    cinfo_.comp_info[0].h_samp_factor = settings.subsampling == Subsampling::s444 ? 1 : 2;
    cinfo_.comp_info[0].v_samp_factor = settings.subsampling == Subsampling::s420 ? 2 : 1;
  }
  jpeg_set_quality(&cinfo_, settings.quality, TRUE);
  cinfo_.dct_method = settings.fast_dct ? JDCT_IFAST : JDCT_ISLOW;
  cinfo_.restart_interval = 0;
  cinfo_.restart_in_rows = settings.restart_rows;
  cinfo_.raw_data_in = planar ? TRUE : FALSE;
}

void JpegCompressor::write_rows(const cv::Mat& pixels) {
  while (cinfo_.next_scanline < cinfo_.image_height) {
    std::array<JSAMPROW, 16> rows;
    const int first = static_cast<int>(cinfo_.next_scanline);
    const int count = std::min<int>(static_cast<int>(rows.size()), pixels.rows - first);
    for (int i = 0; i < count; ++i)
      rows[static_cast<std::size_t>(i)] = input(pixels.ptr(first + i));
    jpeg_write_scanlines(&cinfo_, rows.data(), static_cast<JDIMENSION>(count));
  }
}

// Hands libjpeg the planes as they are: 16 lines of Y, 8 of each chroma plane at a time.
void JpegCompressor::write_planes(const Image& image) {
  while (cinfo_.next_scanline < cinfo_.image_height) {
    std::array<std::array<JSAMPROW, 2 * kBlock>, 3> rows;
    std::array<JSAMPARRAY, 3> components;
    for (std::size_t c = 0; c < 3; ++c) {
      const int lines = c == 0 ? 2 * kBlock : kBlock;
      const int first = static_cast<int>(cinfo_.next_scanline) / (c == 0 ? 1 : 2);
      for (int i = 0; i < lines; ++i)
        rows[c][static_cast<std::size_t>(i)] =
            line(image.plane(static_cast<int>(c)), c, first + i, i);
      components[c] = rows[c].data();
    }
    jpeg_write_raw_data(&cinfo_, components.data(), 2 * kBlock);
  }
}

// One line of a plane, out to a whole number of blocks, which is what libjpeg reads. Straight from
// the picture where its width allows; else copied, with its last pixel repeated. Below the picture
// its last line goes on.
JSAMPROW JpegCompressor::line(const cv::Mat& plane, std::size_t component, int row, int slot) {
  const std::uint8_t* pixels = plane.ptr(std::min(row, plane.rows - 1));
  const auto width = static_cast<std::size_t>(plane.cols);
  const auto whole = (width + kBlock - 1) / kBlock * kBlock;
  if (whole == width) return input(pixels);
  std::uint8_t* copy = strips_[component].data() + whole * static_cast<std::size_t>(slot);
  std::memcpy(copy, pixels, width);
  std::memset(copy + width, pixels[width - 1], whole - width);
  return copy;
}

void JpegCompressor::on_error(j_common_ptr cinfo) {
  std::longjmp(static_cast<JpegCompressor*>(cinfo->client_data)->failed_, 1);
}

void JpegCompressor::init_output(j_compress_ptr cinfo) {
  auto& self = *static_cast<JpegCompressor*>(cinfo->client_data);
  if (self.capacity_ == 0) {
    self.output_.free_in_buffer = 0;
    grow_output(cinfo);
    return;
  }
  self.output_.next_output_byte = self.bytes_.get();
  self.output_.free_in_buffer = self.capacity_;
}

// Called when the buffer is full to the last byte.
boolean JpegCompressor::grow_output(j_compress_ptr cinfo) {
  auto& self = *static_cast<JpegCompressor*>(cinfo->client_data);
  const std::size_t used = self.capacity_;
  const std::size_t capacity = std::max(kFirstCapacity, 2 * used);
  auto* memory = static_cast<std::uint8_t*>(std::realloc(self.bytes_.get(), capacity));
  if (!memory) ERREXIT1(cinfo, JERR_OUT_OF_MEMORY, 0);  // the old memory stays ours
  static_cast<void>(self.bytes_.release());
  self.bytes_.reset(memory);
  self.capacity_ = capacity;
  self.output_.next_output_byte = memory + used;
  self.output_.free_in_buffer = capacity - used;
  return TRUE;
}

void JpegCompressor::end_output(j_compress_ptr cinfo) {
  auto& self = *static_cast<JpegCompressor*>(cinfo->client_data);
  self.size_ = self.capacity_ - self.output_.free_in_buffer;
}

}  // namespace sluice::codec
