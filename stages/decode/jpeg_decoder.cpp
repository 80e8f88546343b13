#include "decode/jpeg_decoder.hpp"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <array>
#include <cstring>
#include <new>
#include <opencv2/imgproc.hpp>
#include <sluice/stage.hpp>

#include "image/yuv.hpp"

namespace sluice {
namespace {

constexpr int kNeutral = 128;  // no colour, half bright

// Memory for a picture. A tolerated picture may end anywhere, and what was in the memory before,
// another camera's picture perhaps, must not show in the rest.
cv::Mat make(int rows, int cols, int type, bool blank) {
  cv::Mat m(rows, cols, type);
  if (blank) m.setTo(cv::Scalar::all(kNeutral));
  return m;
}

// Memory for TurboJPEG to write planes to. They are a few pixels wider and higher than the picture
// where its size is no multiple of the subsampling.
struct Planes {
  Planes(cv::Size picture, int subsampling, bool blank) : size(picture) {
    for (int i = 0; i < 3; ++i) {
      const auto at = static_cast<std::size_t>(i);
      mats[at] = make(tjPlaneHeight(i, size.height, subsampling),
                      tjPlaneWidth(i, size.width, subsampling), CV_8UC1, blank);
      data[at] = mats[at].data;
      strides[at] = static_cast<int>(mats[at].step);
    }
  }

  Image image() const {
    const cv::Size half((size.width + 1) / 2, (size.height + 1) / 2);
    std::array<cv::Mat, 2> chroma{mats[1], mats[2]};
    for (auto& plane : chroma) {
      if (plane.size() == half) continue;
      cv::Mat resized;  // there was more colour than at 4:2:0, or less
      cv::resize(plane, resized, half, 0, 0, cv::INTER_AREA);
      plane = resized;
    }
    return Image::yuv420(mats[0](cv::Rect({0, 0}, size)), chroma[0], chroma[1]);
  }

  cv::Size size;
  std::array<cv::Mat, 3> mats;
  std::array<unsigned char*, 3> data{};
  std::array<int, 3> strides{};
};

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

void JpegDecoder::Destroy::operator()(void* handle) const { tjDestroy(handle); }

JpegDecoder::JpegDecoder(std::span<const std::uint8_t> jpeg, const JpegLimits& limits,
                         bool tolerate)
    : jpeg_(jpeg), tolerate_(tolerate) {
  if (jpeg.size() < 4 || jpeg[0] != 0xFF || jpeg[1] != 0xD8)
    throw FrameError("not a JPEG: it doesn't begin with FF D8");
  if (const int scans = count_scans(jpeg); scans > limits.max_scans)
    throw FrameError(
        fmt::format("a JPEG of {} scans: the limit, max_scans, is {}", scans, limits.max_scans));
  handle_.reset(tjInitDecompress());
  if (!handle_) throw std::bad_alloc();
  const int status = tjDecompressHeader3(handle_.get(), jpeg.data(), jpeg.size(), &width_, &height_,
                                         &subsampling_, &colourspace_);
  if (failed(status)) throw FrameError("broken JPEG header: " + why());
  if (width_ < 1 || height_ < 1 || subsampling_ < 0 || colourspace_ < 0)
    throw FrameError("a JPEG without a picture, or of an unknown sort");
  if (std::int64_t{width_} * height_ > limits.max_pixels)
    throw FrameError(fmt::format("a JPEG of {}x{} pixels: the limit, max_pixels, is {}", width_,
                                 height_, limits.max_pixels));
  if (colourspace_ == TJCS_CMYK || colourspace_ == TJCS_YCCK)
    throw FrameError("a CMYK JPEG, for print: cameras' pictures are YCbCr, RGB or gray");
}

Image JpegDecoder::decode(Kind format, int divisor, bool fast) const {
  // Without tolerance the first sign of damage ends it: the rest is not worth the time.
  const int flags =
      (fast ? TJFLAG_FASTDCT | TJFLAG_FASTUPSAMPLE : 0) | (tolerate_ ? 0 : TJFLAG_STOPONWARNING);
  if (format == Kind::yuv420) return yuv420(divisor, flags);
  // Gray: TurboJPEG then leaves out the DCT of the colours; only their Huffman codes are read.
  return {format, pixels(format == Kind::gray8 ? TJPF_GRAY : TJPF_BGR, divisor, flags)};
}

cv::Mat JpegDecoder::pixels(int format, int divisor, int flags) const {
  const tjscalingfactor scale{1, divisor};
  // Allocated for each frame: the frame owns it, for as long as whoever holds it likes. Taking
  // memory back and using it again measured no faster than malloc, which does just that.
  cv::Mat out = make(TJSCALED(height_, scale), TJSCALED(width_, scale),
                     format == TJPF_GRAY ? CV_8UC1 : CV_8UC3, tolerate_);
  if (failed(tjDecompress2(handle_.get(), jpeg_.data(), jpeg_.size(), out.data, out.cols,
                           static_cast<int>(out.step), out.rows, format, flags)))
    throw FrameError("broken JPEG: " + why());
  return out;
}

Image JpegDecoder::yuv420(int divisor, int flags) const {
  if (subsampling_ == TJSAMP_GRAY) {
    const cv::Mat y = pixels(TJPF_GRAY, divisor, flags);
    const cv::Mat none((y.rows + 1) / 2, (y.cols + 1) / 2, CV_8UC1, cv::Scalar(kNeutral));
    return Image::yuv420(y, none, none);
  }
  // TurboJPEG's own planes at full size only. At reduced sizes, 2.1.5 reads beyond its own buffers
  // where the size is odd, and mixes up the chroma's tables with the fast DCT; and pictures that
  // are stored as RGB have no such planes. A reduced picture's colours are quickly converted.
  if (divisor == 1 && colourspace_ != TJCS_RGB) return stored_planes(flags);

  return yuv420_of(pixels(TJPF_BGR, divisor, flags));
}

Image JpegDecoder::stored_planes(int flags) const {
  Planes planes({width_, height_}, subsampling_, tolerate_);
  if (failed(tjDecompressToYUVPlanes(handle_.get(), jpeg_.data(), jpeg_.size(), planes.data.data(),
                                     width_, planes.strides.data(), height_, flags)))
    throw FrameError("broken JPEG: " + why());
  return planes.image();
}

bool JpegDecoder::failed(int status) const {
  return status != 0 && !(tolerate_ && tjGetErrorCode(handle_.get()) == TJERR_WARNING);
}

std::string JpegDecoder::why() const {
  std::string text = tjGetErrorStr2(handle_.get());
  if (tjGetErrorCode(handle_.get()) == TJERR_WARNING)
    text += " (tolerate = true would take it as far as it goes)";
  return text;
}

}  // namespace sluice
