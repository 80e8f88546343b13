// image.rotate: pictures turned by quarters.

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <sluice/stage.hpp>
#include <utility>

#include "image/geometry.hpp"

namespace sluice {
namespace {

struct ImageRotate : Stage {
  int degrees = 90;

  static void declare(Declare<ImageRotate>& d) {
    d.summary("Turns pictures by quarters");
    d.manual(R"(
Clockwise: at 90 what was on top is on the right. Boxes move with the pixels. The kind of pixels
stays; of yuv420 each plane is turned, which at odd sizes shifts the colours by a pixel.
)");
    d.input(kinds::pictures);
    d.output_same();
    d.param("degrees", &ImageRotate::degrees, "how far, clockwise: 90, 180 or 270")
        .range(90, 270)
        .unit("degrees");
    d.check([](const ImageRotate& s, ParamProblems& problems) {
      if (s.degrees % 90 != 0)
        problems.push_back({"degrees", fmt::format("pictures are not turned by {}", s.degrees),
                            "write 90, 180 or 270"});
    });
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.upright]
type    = "image.rotate"
from    = "camera"
degrees = 270

[stage.end]
type = "sink.discard"
from = "upright"
)");
  }

  void process(const FramePtr& frame, Context& context) override {
    const Image& image = *frame->image();
    cv::Size size(image.width(), image.height());
    if (degrees != 180) std::swap(size.width, size.height);
    const int code = degrees == 90    ? cv::ROTATE_90_CLOCKWISE
                     : degrees == 180 ? cv::ROTATE_180
                                      : cv::ROTATE_90_COUNTERCLOCKWISE;
    auto turned = by_planes(image, size,
                            [&](const cv::Mat& from, cv::Mat& to) { cv::rotate(from, to, code); });
    context.emit(
        moved(*frame, std::move(turned), [&](const Box& box) { return rotated(box, degrees); }));
  }
};
SLUICE_STAGE(ImageRotate, "image.rotate");

}  // namespace
}  // namespace sluice
