#include <turbojpeg.h>

#include <array>
#include <display/jpeg.hpp>
#include <memory>
#include <stdexcept>
#include <string>

namespace sluice::display {
namespace {

constexpr std::int64_t kMostPixels = 100'000'000;

// Made for one call each: that takes about a microsecond, nothing is carried over from one camera's
// picture to another's, and libjpeg-turbo 2.1.5 doesn't like a handle to change threads.
struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, Destroy>;

Handle checked(tjhandle handle) {
  if (!handle) throw std::runtime_error(std::string("JPEG: ") + tjGetErrorStr());
  return Handle(handle);
}

[[noreturn]] void fail(const Handle& handle) {
  throw std::runtime_error(std::string("JPEG: ") + tjGetErrorStr2(handle.get()));
}

cv::Size read_size(const Handle& handle, std::span<const std::uint8_t> jpeg) {
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(handle.get(), jpeg.data(), jpeg.size(), &width, &height, &subsampling,
                          &colours) != 0)
    fail(handle);
  if (std::int64_t{width} * height > kMostPixels)
    throw std::runtime_error("JPEG: " + std::to_string(width) + " x " + std::to_string(height) +
                             " pixels are too many");
  return {width, height};
}

// From the planes as they are. TurboJPEG reads planes of odd size past their ends.
bool fits_planes(const Image& image) {
  return image.format() == Kind::yuv420 && image.width() % 2 == 0 && image.height() % 2 == 0;
}

int pixel_format(Kind kind) {
  if (kind == Kind::gray8) return TJPF_GRAY;
  return kind == Kind::bgra8 ? TJPF_BGRX : TJPF_BGR;
}

}  // namespace

Encoded to_jpeg(const Image& image, int quality) {
  const Handle handle = checked(tjInitCompress());
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  int status = 0;
  if (fits_planes(image)) {
    std::array<const unsigned char*, 3> planes{};
    std::array<int, 3> steps{};
    for (int i = 0; i < 3; ++i) {
      planes[static_cast<std::size_t>(i)] = image.plane(i).data;
      steps[static_cast<std::size_t>(i)] = static_cast<int>(image.plane(i).step);
    }
    status = tjCompressFromYUVPlanes(handle.get(), planes.data(), image.width(), steps.data(),
                                     image.height(), TJSAMP_420, &bytes, &size, quality, 0);
  } else {
    const bool planar = image.format() == Kind::yuv420;
    const cv::Mat pixels = planar ? image.bgr() : image.mat();
    const int format = planar ? int{TJPF_BGR} : pixel_format(image.format());
    status = tjCompress2(handle.get(), pixels.data, pixels.cols, static_cast<int>(pixels.step),
                         pixels.rows, format, &bytes, &size,
                         format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_420, quality, 0);
  }
  std::shared_ptr<unsigned char> owner(bytes, tjFree);
  if (status != 0) fail(handle);
  return {Kind::jpeg, {bytes, size}, std::move(owner)};
}

cv::Size jpeg_size(std::span<const std::uint8_t> jpeg) {
  return read_size(checked(tjInitDecompress()), jpeg);
}

cv::Mat jpeg_to_bgr(std::span<const std::uint8_t> jpeg, cv::Size least) {
  const Handle handle = checked(tjInitDecompress());
  const cv::Size full = read_size(handle, jpeg);
  cv::Size size = full;
  int count = 0;
  const tjscalingfactor* factors = tjGetScalingFactors(&count);
  for (int i = 0; i < count; ++i) {
    const cv::Size scaled(TJSCALED(full.width, factors[i]), TJSCALED(full.height, factors[i]));
    if (scaled.width >= least.width && scaled.height >= least.height && scaled.area() < size.area())
      size = scaled;
  }
  cv::Mat pixels(size, CV_8UC3, cv::Scalar::all(0));
  // LIMITSCANS: a progressive JPEG of thousands of empty scans would take minutes.
  const int flags = TJFLAG_FASTDCT | TJFLAG_FASTUPSAMPLE | TJFLAG_LIMITSCANS;
  if (tjDecompress2(handle.get(), jpeg.data(), jpeg.size(), pixels.data, size.width,
                    static_cast<int>(pixels.step), size.height, TJPF_BGR, flags) != 0 &&
      tjGetErrorCode(handle.get()) != TJERR_WARNING)
    fail(handle);
  return pixels;
}

}  // namespace sluice::display
