#include "capture/raw_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <sluice/stage.hpp>
#include <utility>

namespace sluice::capture {
namespace {

// A view of a plane's rows; OpenCV has no read-only one, but nobody writes to it.
cv::Mat rows_of(const RawPlane& plane, int rows, int columns, int type) {
  const std::size_t row = static_cast<std::size_t>(columns) * CV_ELEM_SIZE(type);
  const std::size_t least = plane.step * static_cast<std::size_t>(rows - 1) + row;
  if (plane.step < row || plane.bytes.size() < least)
    throw FrameError(
        fmt::format("a picture of {} bytes, where {} rows of {} bytes, {} apart, need {}",
                    plane.bytes.size(), rows, row, plane.step, least));
  return {rows, columns, type, const_cast<std::uint8_t*>(plane.bytes.data()), plane.step};
}

Image lent(Image image) {
  image.mark_lent();
  return image;
}

// From 16 to 235, and chroma from 16 to 240 around 128, to 0 to 255, as JFIF has it. Other values
// than these are cut off.
Image stretched(const Image& image) {
  cv::Mat y, u, v;
  image.plane(0).convertTo(y, CV_8U, 255.0 / 219, -16 * 255.0 / 219);
  image.plane(1).convertTo(u, CV_8U, 255.0 / 224, 128 - 128 * 255.0 / 224);
  image.plane(2).convertTo(v, CV_8U, 255.0 / 224, 128 - 128 * 255.0 / 224);
  return Image::yuv420(y, u, v);
}

Image from_nv12(int width, int height, const RawPlanes& planes, std::shared_ptr<const void> owner) {
  const auto luma = rows_of(planes[0], height, width, CV_8UC1);
  const auto pairs = rows_of(planes[1], (height + 1) / 2, (width + 1) / 2, CV_8UC2);
  cv::Mat u, v;
  cv::extractChannel(pairs, u, 0);
  cv::extractChannel(pairs, v, 1);
  return Image::yuv420(luma, u, v, std::move(owner));
}

// The buffer isn't needed any more after that.
Image from_yuyv(int width, int height, const RawPlane& plane) {
  if (width % 2 != 0)
    throw FrameError(fmt::format("{} pixels wide as YUYV, where two make a unit", width));
  cv::Mat luma, u, v;
  cv::extractChannel(rows_of(plane, height, width, CV_8UC2), luma, 0);
  // Four bytes are two pixels with one U and one V; of the rows every second one.
  const RawPlane every_second{plane.bytes, plane.step * 2};
  const auto pairs = rows_of(every_second, (height + 1) / 2, width / 2, CV_8UC4);
  cv::extractChannel(pairs, u, 1);
  cv::extractChannel(pairs, v, 3);
  return Image::yuv420(luma, u, v);
}

Encoded jpeg_in(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 4 || bytes[0] != 0xFF || bytes[1] != 0xD8)
    throw FrameError(fmt::format("{} bytes that don't begin as a JPEG", bytes.size()));
  auto copy = std::make_shared_for_overwrite<std::uint8_t[]>(bytes.size());
  std::ranges::copy(bytes, copy.get());
  const std::span<const std::uint8_t> view(copy.get(), bytes.size());
  return {Kind::jpeg, view, std::move(copy)};
}

Image planes_of(Layout layout, int width, int height, const RawPlanes& planes,
                std::shared_ptr<const void> owner) {
  if (layout == Layout::yuyv) return from_yuyv(width, height, planes[0]);
  if (layout == Layout::nv12) return lent(from_nv12(width, height, planes, std::move(owner)));
  const int rows = (height + 1) / 2, columns = (width + 1) / 2;
  return lent(Image::yuv420(rows_of(planes[0], height, width, CV_8UC1),
                            rows_of(planes[1], rows, columns, CV_8UC1),
                            rows_of(planes[2], rows, columns, CV_8UC1), std::move(owner)));
}

}  // namespace

Kind kind_of(Layout layout) {
  switch (layout) {
    case Layout::gray8:
      return Kind::gray8;
    case Layout::bgr8:
      return Kind::bgr8;
    case Layout::bgra8:
      return Kind::bgra8;
    case Layout::jpeg:
      return Kind::jpeg;
    case Layout::yuv420:
    case Layout::nv12:
    case Layout::yuyv:
      break;
  }
  return Kind::yuv420;
}

RawPlanes planes_in(std::span<const std::uint8_t> bytes, Layout layout, int height,
                    std::size_t step) {
  RawPlanes planes{RawPlane{bytes, step}};
  if (layout != Layout::yuv420 && layout != Layout::nv12) return planes;
  const auto rest_after = [](const RawPlane& plane, int rows) {
    return plane.bytes.subspan(
        std::min(plane.bytes.size(), plane.step * static_cast<std::size_t>(rows)));
  };
  planes[1] = {rest_after(planes[0], height), layout == Layout::nv12 ? step : step / 2};
  if (layout == Layout::yuv420) planes[2] = {rest_after(planes[1], (height + 1) / 2), step / 2};
  return planes;
}

std::variant<Image, Encoded> payload_of(Layout layout, Levels levels, int width, int height,
                                        const RawPlanes& planes,
                                        std::shared_ptr<const void> owner) {
  const auto one_plane = [&](int type) {
    return lent(Image(kind_of(layout), rows_of(planes[0], height, width, type), std::move(owner)));
  };
  switch (layout) {
    case Layout::gray8:
      return one_plane(CV_8UC1);
    case Layout::bgr8:
      return one_plane(CV_8UC3);
    case Layout::bgra8:
      return one_plane(CV_8UC4);
    case Layout::jpeg:
      return jpeg_in(planes[0].bytes);
    case Layout::nv12:
    case Layout::yuyv:
    case Layout::yuv420:
      break;
  }
  Image image = planes_of(layout, width, height, planes, std::move(owner));
  return levels == Levels::full ? image : stretched(image);
}

}  // namespace sluice::capture
