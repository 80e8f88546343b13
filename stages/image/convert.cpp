// image.convert: pictures of any kind to one kind.

#include <opencv2/imgproc.hpp>
#include <sluice/stage.hpp>

#include "codec/yuv.hpp"
#include "image/geometry.hpp"

namespace sluice {
namespace {

constexpr int kNeutral = 128;  // chroma without colour

struct ImageConvert : Stage {
  Kind to = Kind::bgr8;

  static void declare(Declare<ImageConvert>& d) {
    d.summary("Turns pictures into one kind of pixels");
    d.manual(R"(
What is of that kind already goes on as it came. yuv420 has its brightness in a plane of its own:
as gray8 that plane goes on without a copy, and gray8 becomes yuv420 by two planes without colour.
Levels have their full range, 0 to 255, as in JPEGs. bgra8 that is made here is opaque.

Before a stage that takes several kinds nothing needs to be converted, and decode.jpeg gives the
kind that is wanted itself.
)");
    d.input(kinds::pictures);
    d.output_chosen(kinds::pictures, "to");
    d.choice("to", &ImageConvert::to,
             {{"gray8", Kind::gray8},
              {"bgr8", Kind::bgr8},
              {"bgra8", Kind::bgra8},
              {"yuv420", Kind::yuv420}},
             "what the pixels shall be")
        .required();
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.planes]
type = "image.convert"
from = "camera"
to   = "yuv420"

[stage.end]
type = "sink.discard"
from = "planes"
)");
  }

  void process(const FramePtr& frame, Context& context) override {
    const Image& image = *frame->image();
    context.emit(image.format() == to ? frame : frame->with(converted(image, frame)));
  }

 private:
  // What shares pixels with the frame keeps it alive.
  Image converted(const Image& image, const FramePtr& frame) const {
    const bool planar = image.format() == Kind::yuv420;
    if (to == Kind::gray8) {
      Image gray = planar ? Image(to, image.mat(), frame) : Image(to, image.gray());
      gray.mark_lent(planar && image.lent());
      return gray;
    }
    if (to == Kind::yuv420) {
      if (image.format() != Kind::gray8) return codec::yuv420_of(image.mat());
      const cv::Mat none((image.height() + 1) / 2, (image.width() + 1) / 2, CV_8UC1,
                         cv::Scalar(kNeutral));
      Image planes = Image::yuv420(image.mat(), none, none, frame);
      planes.mark_lent(image.lent());
      return planes;
    }
    if (planar) return {to, codec::colours_of(image, to)};
    if (to == Kind::bgr8) return {to, image.bgr()};
    cv::Mat out;
    cv::cvtColor(image.mat(), out,
                 image.format() == Kind::gray8 ? cv::COLOR_GRAY2BGRA : cv::COLOR_BGR2BGRA);
    return {to, out};
  }
};
SLUICE_STAGE(ImageConvert, "image.convert");

}  // namespace
}  // namespace sluice
