#include "image/geometry.hpp"

#include <algorithm>
#include <vector>

namespace sluice {

FramePtr moved(const Frame& frame, Image image, const Placing& place) {
  std::vector<Annotation> annotations;
  for (const auto& annotation : frame.annotations) {
    const bool whole = annotation.box == Box{};
    const auto box = whole ? annotation.box : place(annotation.box);
    if (box) annotations.push_back({annotation.label, *box, annotation.score, annotation.text});
  }
  return std::make_shared<const Frame>(Frame{frame.source, frame.sequence, frame.captured,
                                             frame.captured_known, std::move(image),
                                             std::move(annotations), frame.sender});
}

Box flipped(const Box& box, bool horizontal, bool vertical) {
  return {horizontal ? 1 - box.x - box.width : box.x, vertical ? 1 - box.y - box.height : box.y,
          box.width, box.height};
}

Box rotated(const Box& box, int degrees) {
  switch (degrees) {
    case 90:
      return {1 - box.y - box.height, box.x, box.height, box.width};
    case 180:
      return flipped(box, true, true);
    default:
      return {box.y, 1 - box.x - box.width, box.height, box.width};
  }
}

std::optional<Box> cropped(const Box& box, cv::Size whole, const cv::Rect& part) {
  // A fraction of the whole to one of the part.
  const auto across = [&](double at) { return (at * whole.width - part.x) / part.width; };
  const auto down = [&](double at) { return (at * whole.height - part.y) / part.height; };
  const double left = std::max(0.0, across(box.x));
  const double top = std::max(0.0, down(box.y));
  const double right = std::min(1.0, across(box.x + box.width));
  const double bottom = std::min(1.0, down(box.y + box.height));
  // A peer's numbers may be anything: what is not a number is in no picture.
  if (!(right > left) || !(bottom > top)) return std::nullopt;
  return Box{left, top, right - left, bottom - top};
}

}  // namespace sluice
