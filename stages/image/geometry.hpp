// What the stages that move pixels about have in common: pictures plane by plane, and boxes that go
// where the pixels go.
#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <sluice/media/frame.hpp>
#include <utility>

namespace sluice {

// A new picture of that size and of the same kind: work(from, to) fills it plane by plane, `to`
// being allocated already.
template <class Work>
Image by_planes(const Image& from, cv::Size size, Work&& work) {
  if (from.planes() == 1) {
    cv::Mat to(size, from.mat().type());
    work(from.mat(), to);
    return {from.format(), std::move(to)};
  }
  Image image = Image::make_yuv420(size.width, size.height);
  for (int i = 0; i < image.planes(); ++i) {
    cv::Mat to = image.plane(i);
    work(from.plane(i), to);
  }
  return image;
}

// Where a box lies in the new picture; nothing: it is not in there.
using Placing = std::function<std::optional<Box>(const Box&)>;

// The frame with another picture, and its boxes in their new places. What is about the whole
// picture stays so.
FramePtr moved(const Frame& frame, Image image, const Placing& place);

// Mirrored left to right, top to bottom.
Box flipped(const Box& box, bool horizontal, bool vertical);
// Turned clockwise by 90, 180 or 270 degrees.
Box rotated(const Box& box, int degrees);
// As far as it lies in `part` of a picture of size `whole`, in pixels.
std::optional<Box> cropped(const Box& box, cv::Size whole, const cv::Rect& part);

}  // namespace sluice
