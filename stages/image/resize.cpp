// image.resize: pictures in another size.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <sluice/stage.hpp>

#include "image/geometry.hpp"

namespace sluice {
namespace {

enum class Interpolation { automatic, area, linear, nearest };

struct ImageResize : Stage {
  int width = 0;
  int height = 0;
  double scale = 0;
  Interpolation interpolation = Interpolation::automatic;
  std::int64_t max_pixels = 64'000'000;

  static void declare(Declare<ImageResize>& d) {
    d.summary("Makes pictures smaller or larger");
    d.manual(R"(
The size is said by `width`, `height` or both (one alone keeps the picture's proportions), or by
`scale`. The kind of pixels stays; yuv420 is resized plane by plane. What has the size already goes
on as it came. Boxes are fractions of the picture and stay what they are.

The interpolation "area" averages what becomes one pixel: the best where pictures get smaller, and
quickest at 1/2. "linear" is quicker at other sizes, but leaves out pixels below 1/2, so that noise
and fine lines flicker. "nearest" makes no new colours. "auto" is "area", and "linear" where
the picture gets larger in either direction.

1/2, 1/4 and 1/8 of a JPEG cost least in decode.jpeg, which then decodes no more than that.
)");
    d.input(kinds::pictures);
    d.output_same();
    d.param("width", &ImageResize::width, "of the result; 0: as the height says")
        .range(0, 65'500)
        .unit("pixels");
    d.param("height", &ImageResize::height, "of the result; 0: as the width says")
        .range(0, 65'500)
        .unit("pixels");
    d.param("scale", &ImageResize::scale, "size of the result, of width and height; 0: not said")
        .range(0, 64);
    d.choice("interpolation", &ImageResize::interpolation,
             {{"auto", Interpolation::automatic},
              {"area", Interpolation::area},
              {"linear", Interpolation::linear},
              {"nearest", Interpolation::nearest}},
             "how new pixels are made of old ones");
    d.param("max_pixels", &ImageResize::max_pixels, "refuse to make larger pictures")
        .range(1, 1'000'000'000)
        .unit("pixels");
    d.check([](const ImageResize& s, ParamProblems& problems) {
      const bool sized = s.width > 0 || s.height > 0;
      if (sized && s.scale > 0)
        problems.push_back(
            {"scale", "the size is said twice, by scale and in pixels", "leave out one of them"});
      if (!sized && s.scale <= 0)
        problems.push_back({"scale", "no size is said", "add width, height or scale"});
    });
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.small]
type  = "image.resize"
from  = "camera"
width = 320

[stage.end]
type = "sink.discard"
from = "small"
)");
  }

  void process(const FramePtr& frame, Context& context) override {
    const Image& image = *frame->image();
    const cv::Size from(image.width(), image.height());
    const cv::Size to = size_for(from);
    if (to == from) return context.emit(frame);
    const int flags = flags_for(from, to);
    context.emit(frame->with(by_planes(image, to, [&](const cv::Mat& old, cv::Mat& fresh) {
      cv::resize(old, fresh, fresh.size(), 0, 0, flags);
    })));
  }

 private:
  cv::Size size_for(cv::Size from) const {
    const double across = width > 0 ? static_cast<double>(width) / from.width : 0;
    const double down = height > 0 ? static_cast<double>(height) / from.height : 0;
    const auto scaled = [&](int pixels, double own, double other) {
      return std::max(1.0, std::round(pixels * (scale > 0 ? scale : own > 0 ? own : other)));
    };
    const double columns = scaled(from.width, across, down);
    const double rows = scaled(from.height, down, across);
    if (columns * rows > static_cast<double>(max_pixels))
      throw FrameError(
          fmt::format("a picture of {}x{} would have {:.0f}x{:.0f} pixels: the limit, max_pixels, "
                      "is {}",
                      from.width, from.height, columns, rows, max_pixels));
    return {static_cast<int>(columns), static_cast<int>(rows)};
  }

  int flags_for(cv::Size from, cv::Size to) const {
    switch (interpolation) {
      case Interpolation::area:
        return cv::INTER_AREA;
      case Interpolation::linear:
        return cv::INTER_LINEAR;
      case Interpolation::nearest:
        return cv::INTER_NEAREST;
      case Interpolation::automatic:
        break;
    }
    return to.width > from.width || to.height > from.height ? cv::INTER_LINEAR : cv::INTER_AREA;
  }
};
SLUICE_STAGE(ImageResize, "image.resize");

}  // namespace
}  // namespace sluice
