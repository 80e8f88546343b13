#include "codec/yuv.hpp"

#include <turbojpeg.h>

#include <array>
#include <memory>
#include <new>
#include <opencv2/core.hpp>
#include <sluice/stage.hpp>
#include <string>

namespace sluice::codec {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
// Made for each picture, as in JpegDecoder: it costs less than a microsecond, and binds to no
// thread.
using Handle = std::unique_ptr<void, Destroy>;

Handle checked(tjhandle handle) {
  if (!handle) throw std::bad_alloc();
  return Handle(handle);
}

[[noreturn]] void refuse(const Handle& handle) {
  throw FrameError(std::string("a picture that TurboJPEG doesn't convert: ") +
                   tjGetErrorStr2(handle.get()));
}

int even(int pixels) { return pixels + pixels % 2; }

}  // namespace

Image yuv420_of(const cv::Mat& pixels) {
  // TurboJPEG's luma has an even size, of which the picture takes what it needs.
  const cv::Size half(even(pixels.cols) / 2, even(pixels.rows) / 2);
  std::array<cv::Mat, 3> planes{cv::Mat(half * 2, CV_8UC1), cv::Mat(half, CV_8UC1),
                                cv::Mat(half, CV_8UC1)};
  std::array<unsigned char*, 3> data{planes[0].data, planes[1].data, planes[2].data};
  std::array<int, 3> steps{half.width * 2, half.width, half.width};
  const Handle converter = checked(tjInitCompress());
  if (tjEncodeYUVPlanes(converter.get(), pixels.data, pixels.cols, static_cast<int>(pixels.step),
                        pixels.rows, pixels.channels() == 4 ? TJPF_BGRA : TJPF_BGR, data.data(),
                        steps.data(), TJSAMP_420, 0) != 0)
    refuse(converter);
  return Image::yuv420(planes[0](cv::Rect({0, 0}, pixels.size())), planes[1], planes[2]);
}

cv::Mat colours_of(const Image& yuv420, Kind format) {
  cv::Mat luma = yuv420.plane(0);
  const cv::Size size = luma.size();
  // Of an odd size TurboJPEG would read one row and column more than there is.
  if (luma.cols % 2 != 0 || luma.rows % 2 != 0)
    cv::copyMakeBorder(yuv420.plane(0), luma, 0, size.height % 2, 0, size.width % 2,
                       cv::BORDER_REPLICATE);
  std::array<const unsigned char*, 3> data{luma.data, yuv420.plane(1).data, yuv420.plane(2).data};
  std::array<int, 3> steps{static_cast<int>(luma.step), static_cast<int>(yuv420.plane(1).step),
                           static_cast<int>(yuv420.plane(2).step)};
  const bool alpha = format == Kind::bgra8;
  cv::Mat out(size, alpha ? CV_8UC4 : CV_8UC3);
  const Handle converter = checked(tjInitDecompress());
  if (tjDecodeYUVPlanes(converter.get(), data.data(), steps.data(), TJSAMP_420, out.data, out.cols,
                        static_cast<int>(out.step), out.rows, alpha ? TJPF_BGRA : TJPF_BGR, 0) != 0)
    refuse(converter);
  return out;
}

}  // namespace sluice::codec
