#include "codec/jpeg_decoder.hpp"

#include <fmt/format.h>
#include <jerror.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <sluice/stage.hpp>

#include "codec/yuv.hpp"

// Rules of the house for setjmp: see jpeg_compressor.cpp.

namespace sluice::codec {
namespace {

constexpr int kBlock = 8;      // pixels
constexpr int kNeutral = 128;  // no colour
constexpr int kFew = 64;       // bytes
// Scans times pixels. An empty scan of a megapixel takes 0.8 ms.
constexpr std::int64_t kMostWork = 1'000'000'000;

}  // namespace

int count_scans(std::span<const std::uint8_t> jpeg) {
  // Skip the segments up to the first scan. Where they are not as they should be, count from there.
  std::size_t at = 2;
  while (at + 4 <= jpeg.size() && jpeg[at] == 0xFF) {
    const int marker = jpeg[at + 1];
    const bool has_length = marker >= 0xC0 && marker < 0xFF && (marker < 0xD0 || marker > 0xDA);
    const std::size_t length = static_cast<std::size_t>(jpeg[at + 2]) << 8 | jpeg[at + 3];
    if (!has_length || length < 2 || at + 2 + length > jpeg.size()) break;
    at += 2 + length;
  }
  // FF is always followed by 00 or a restart marker within a scan's data: FF DA begins a scan.
  int scans = 0;
  const std::uint8_t* next = jpeg.data() + std::min(at, jpeg.size());
  const std::uint8_t* const end = jpeg.data() + jpeg.size();
  while (end - next >= 2) {
    const auto* marker = static_cast<const std::uint8_t*>(
        std::memchr(next, 0xFF, static_cast<std::size_t>(end - next - 1)));
    if (!marker) break;
    if (marker[1] == 0xDA) ++scans;
    next = marker + 1;
  }
  return scans;
}

bool is_jpeg(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 4 && bytes[0] == 0xFF && bytes[1] == 0xD8;
}

JpegDecoder::JpegDecoder(std::span<const std::uint8_t> jpeg, const JpegLimits& limits,
                         bool tolerate)
    : jpeg_(jpeg), tolerate_(tolerate) {
  if (!is_jpeg(jpeg)) throw FrameError("not a JPEG: it doesn't begin with FF D8");
  cinfo_.err = jpeg_std_error(&errors_);
  errors_.error_exit = on_error;
  errors_.emit_message = on_message;
  cinfo_.client_data = this;
  try {
    if (!read_header()) fail("broken JPEG header");
    check(limits);
  } catch (...) {  // no destructor is run for what isn't made yet
    jpeg_destroy_decompress(&cinfo_);
    throw;
  }
}

JpegDecoder::~JpegDecoder() { jpeg_destroy_decompress(&cinfo_); }

bool JpegDecoder::read_header() {
  if (setjmp(failed_)) return false;
  jpeg_create_decompress(&cinfo_);
  jpeg_mem_src(&cinfo_, jpeg_.data(), static_cast<unsigned long>(jpeg_.size()));
  jpeg_read_header(&cinfo_, TRUE);
  return true;
}

void JpegDecoder::check(const JpegLimits& limits) const {
  const int scans = count_scans(jpeg_);
  const auto pixels = std::int64_t{cinfo_.image_width} * cinfo_.image_height;
  if (scans > limits.max_scans)
    throw FrameError(fmt::format("a JPEG of {} scans: the limit, max_scans, is {}{}", scans,
                                 limits.max_scans, limits.remedy));
  if (pixels > limits.max_pixels)
    throw FrameError(fmt::format("a JPEG of {}x{} pixels: the limit, max_pixels, is {}{}",
                                 cinfo_.image_width, cinfo_.image_height, limits.max_pixels,
                                 limits.remedy));
  if (scans > 1 && scans * pixels > kMostWork)
    throw FrameError(fmt::format(
        "a JPEG of {} scans and {}x{} pixels: the limit is {} million scans times pixels; "
        "send a smaller one, or one that isn't progressive",
        scans, cinfo_.image_width, cinfo_.image_height, kMostWork / 1'000'000));
  switch (cinfo_.jpeg_color_space) {
    case JCS_GRAYSCALE:
    case JCS_YCbCr:
    case JCS_RGB:
      return;
    case JCS_CMYK:
    case JCS_YCCK:
      throw FrameError("a CMYK JPEG, for print: cameras' pictures are YCbCr, RGB or gray");
    default:
      throw FrameError(
          "a JPEG with an unsupported colour space: cameras' pictures are YCbCr, RGB or gray");
  }
}

cv::Size JpegDecoder::size() const {
  return {static_cast<int>(cinfo_.image_width), static_cast<int>(cinfo_.image_height)};
}

int JpegDecoder::eighths_for(cv::Size least) const {
  const auto scaled = [](int length, int eighths) { return (length * eighths + 7) / 8; };
  int eighths = 1;
  while (eighths < 8 && (scaled(size().width, eighths) < least.width ||
                         scaled(size().height, eighths) < least.height))
    ++eighths;
  return eighths;
}

Image JpegDecoder::decode(Kind format, int eighths, bool fast) {
  cinfo_.scale_num = static_cast<unsigned>(eighths);
  cinfo_.scale_denom = 8;
  cinfo_.dct_method = fast ? JDCT_IFAST : JDCT_ISLOW;
  cinfo_.do_fancy_upsampling = fast ? FALSE : TRUE;
  if (format == Kind::bgr8) return {format, pixels(JCS_EXT_BGR)};
  // libjpeg then leaves out the DCT of the colours; only their Huffman codes are read.
  if (format == Kind::gray8) return {format, pixels(JCS_GRAYSCALE)};
  if (cinfo_.jpeg_color_space == JCS_GRAYSCALE) {
    const cv::Mat y = pixels(JCS_GRAYSCALE);
    const cv::Mat none((y.rows + 1) / 2, (y.cols + 1) / 2, CV_8UC1, cv::Scalar(kNeutral));
    return Image::yuv420(y, none, none);
  }
  // A reduced picture's colours are quickly converted, and its planes' sizes are no simple matter.
  if (eighths == 8 && has_planes()) return stored_planes();
  return yuv420_of(pixels(JCS_EXT_BGR));
}

cv::Mat JpegDecoder::pixels(J_COLOR_SPACE colours) {
  cinfo_.out_color_space = colours;
  if (!start()) fail("broken JPEG");
  // Allocated for each frame: the frame owns it, for as long as whoever holds it likes. Taking
  // memory back and using it again measured no faster than malloc, which does just that.
  // libjpeg writes every row, or fails.
  cv::Mat out(static_cast<int>(cinfo_.output_height), static_cast<int>(cinfo_.output_width),
              colours == JCS_GRAYSCALE ? CV_8UC1 : CV_8UC3);
  if (!read_rows(out)) fail("broken JPEG");
  return out;
}

bool JpegDecoder::start() {
  if (setjmp(failed_)) return false;
  jpeg_start_decompress(&cinfo_);
  return true;
}

bool JpegDecoder::read_rows(cv::Mat& out) {
  if (setjmp(failed_)) return false;
  while (cinfo_.output_scanline < cinfo_.output_height) {
    std::array<JSAMPROW, 16> rows;
    const int first = static_cast<int>(cinfo_.output_scanline);
    const int count = std::min<int>(static_cast<int>(rows.size()), out.rows - first);
    for (int i = 0; i < count; ++i) rows[static_cast<std::size_t>(i)] = out.ptr(first + i);
    jpeg_read_scanlines(&cinfo_, rows.data(), static_cast<JDIMENSION>(count));
  }
  jpeg_finish_decompress(&cinfo_);
  return true;
}

// Y, Cb and Cr as they are stored, the first of them at full size.
bool JpegDecoder::has_planes() const {
  return cinfo_.jpeg_color_space == JCS_YCbCr && cinfo_.num_components == 3 &&
         cinfo_.comp_info[0].h_samp_factor == cinfo_.max_h_samp_factor &&
         cinfo_.comp_info[0].v_samp_factor == cinfo_.max_v_samp_factor;
}

Image JpegDecoder::stored_planes() {
  cinfo_.out_color_space = JCS_YCbCr;
  cinfo_.raw_data_out = TRUE;
  if (!start()) fail("broken JPEG");
  // Whole blocks are written, and rows of blocks. libjpeg forgets its components at the end.
  std::array<cv::Mat, 3> planes;
  std::array<cv::Rect, 3> shown;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& c = cinfo_.comp_info[i];
    planes[i].create(static_cast<int>(cinfo_.total_iMCU_rows) * c.v_samp_factor * kBlock,
                     static_cast<int>(c.width_in_blocks) * kBlock, CV_8UC1);
    shown[i] = cv::Rect(0, 0, static_cast<int>(c.downsampled_width),
                        static_cast<int>(c.downsampled_height));
  }
  if (!read_planes(planes.data())) fail("broken JPEG");
  const cv::Size half((size().width + 1) / 2, (size().height + 1) / 2);
  for (std::size_t i = 0; i < 3; ++i) {
    planes[i] = planes[i](shown[i]);
    if (i == 0 || planes[i].size() == half) continue;
    cv::Mat resized;  // there was more colour than at 4:2:0, or less
    cv::resize(planes[i], resized, half, 0, 0, cv::INTER_AREA);
    planes[i] = resized;
  }
  return Image::yuv420(planes[0], planes[1], planes[2]);
}

bool JpegDecoder::read_planes(cv::Mat* planes) {
  if (setjmp(failed_)) return false;
  const int lines = cinfo_.max_v_samp_factor * kBlock;
  for (int row = 0; cinfo_.output_scanline < cinfo_.output_height; ++row) {
    std::array<std::array<JSAMPROW, MAX_SAMP_FACTOR * kBlock>, 3> rows;
    std::array<JSAMPARRAY, 3> components;
    for (std::size_t c = 0; c < 3; ++c) {
      const int count = cinfo_.comp_info[c].v_samp_factor * kBlock;
      for (int i = 0; i < count; ++i)
        rows[c][static_cast<std::size_t>(i)] = planes[c].ptr(row * count + i);
      components[c] = rows[c].data();
    }
    jpeg_read_raw_data(&cinfo_, components.data(), static_cast<JDIMENSION>(lines));
  }
  jpeg_finish_decompress(&cinfo_);
  return true;
}

void JpegDecoder::fail(const char* what) {
  std::array<char, JMSG_LENGTH_MAX> why{};
  errors_.format_message(reinterpret_cast<j_common_ptr>(&cinfo_), why.data());
  throw FrameError(
      fmt::format("{}: {}{}", what, why.data(),
                  damaged_ ? " (tolerate = true would take it as far as it goes)" : ""));
}

void JpegDecoder::on_error(j_common_ptr cinfo) {
  std::longjmp(static_cast<JpegDecoder*>(cinfo->client_data)->failed_, 1);
}

// Without tolerance the first sign of damage ends it: the rest is not worth the time.
void JpegDecoder::on_message(j_common_ptr cinfo, int level) {
  auto& self = *static_cast<JpegDecoder*>(cinfo->client_data);
  if (level >= 0 || self.tolerate_ || is_harmless(self.errors_)) return;
  self.damaged_ = true;
  std::longjmp(self.failed_, 1);
}

// The picture is whole for all that.
bool JpegDecoder::is_harmless(const jpeg_error_mgr& errors) {
  switch (errors.msg_code) {
    // A few bytes before a marker: webcams such as Logitech's C270 fill up so before a restart
    // marker, others before the end. Of a torn picture there are more.
    case JWRN_EXTRANEOUS_DATA:
      return errors.msg_parm.i[0] <= kFew;
    // What a header says besides.
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
      return true;
    default:
      return false;
  }
}

}  // namespace sluice::codec
