// image.flip: pictures mirrored.

#include <opencv2/core.hpp>
#include <sluice/stage.hpp>
#include <utility>

#include "image/geometry.hpp"

namespace sluice {
namespace {

enum class Direction { horizontal, vertical, both };

struct ImageFlip : Stage {
  Direction direction = Direction::horizontal;

  static void declare(Declare<ImageFlip>& d) {
    d.summary("Mirrors pictures");
    d.manual(R"(
"horizontal" swaps left and right, "vertical" top and bottom; "both" is a camera that hangs upside
down. Boxes move with the pixels. The kind of pixels stays; of yuv420 each plane is mirrored, which
at odd sizes shifts the colours by a pixel.
)");
    d.input(kinds::pictures);
    d.output_same();
    d.choice("direction", &ImageFlip::direction,
             {{"horizontal", Direction::horizontal},
              {"vertical", Direction::vertical},
              {"both", Direction::both}},
             "what changes sides");
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.upright]
type      = "image.flip"
from      = "camera"
direction = "both"

[stage.end]
type = "sink.discard"
from = "upright"
)");
  }

  void process(const FramePtr& frame, Context& context) override {
    const Image& image = *frame->image();
    const bool horizontal = direction != Direction::vertical;
    const bool vertical = direction != Direction::horizontal;
    const int code = horizontal && vertical ? -1 : horizontal ? 1 : 0;  // as OpenCV has it
    auto mirrored = by_planes(image, {image.width(), image.height()},
                              [&](const cv::Mat& from, cv::Mat& to) { cv::flip(from, to, code); });
    context.emit(moved(*frame, std::move(mirrored),
                       [&](const Box& box) { return flipped(box, horizontal, vertical); }));
  }
};
SLUICE_STAGE(ImageFlip, "image.flip");

}  // namespace
}  // namespace sluice
