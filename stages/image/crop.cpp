// image.crop: a part of each picture.

#include <fmt/format.h>

#include <opencv2/imgproc.hpp>
#include <sluice/stage.hpp>

#include "image/geometry.hpp"

namespace sluice {
namespace {

// Chroma of a part that begins at an odd pixel: between the samples that there are.
cv::Mat chroma_between(const cv::Mat& plane, const cv::Rect& part) {
  const cv::Size size((part.width + 1) / 2, (part.height + 1) / 2);
  const cv::Point2f centre(static_cast<float>(part.x + size.width - 1) / 2,
                           static_cast<float>(part.y + size.height - 1) / 2);
  cv::Mat out;
  cv::getRectSubPix(plane, size, centre, out);
  return out;
}

struct ImageCrop : Stage {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  static void declare(Declare<ImageCrop>& d) {
    d.summary("Cuts a part out of pictures");
    d.manual(R"(
A part of at least half of the picture is a view of it, and nothing is copied; a smaller one is copied
out, so that it doesn't hold much more memory than limits of memory count. (Of yuv420 that begins at an
odd x or y, colours are interpolated.) Boxes are cut to the part, and left out where they are outside
of it.

A part that is not wholly in the picture fails the frame: a camera that changes its resolution is
noticed, and what comes out has always the size that was asked for. Without `width` or `height` the
part reaches to the picture's edge.
)");
    d.input(kinds::pictures);
    d.output_same();
    d.param("x", &ImageCrop::x, "the part's left edge").range(0, 65'500).unit("pixels");
    d.param("y", &ImageCrop::y, "the part's upper edge").range(0, 65'500).unit("pixels");
    d.param("width", &ImageCrop::width, "of the part; 0: to the picture's right edge")
        .range(0, 65'500)
        .unit("pixels");
    d.param("height", &ImageCrop::height, "of the part; 0: to the picture's lower edge")
        .range(0, 65'500)
        .unit("pixels");
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.door]
type   = "image.crop"
from   = "camera"
x      = 200
y      = 100
width  = 320
height = 240

[stage.end]
type = "sink.discard"
from = "door"
)");
  }

  void process(const FramePtr& frame, Context& context) override {
    const Image& image = *frame->image();
    const cv::Size whole(image.width(), image.height());
    const cv::Rect part(x, y, width > 0 ? width : whole.width - x,
                        height > 0 ? height : whole.height - y);
    if (part.width < 1 || part.height < 1 || part.br().x > whole.width ||
        part.br().y > whole.height)
      throw FrameError(
          fmt::format("image.crop: the picture of {}x{} has no part {}; see x, y, width and height",
                      whole.width, whole.height, wanted()));
    if (part.size() == whole) return context.emit(frame);
    context.emit(moved(*frame, cut(image, part, frame),
                       [&](const Box& box) { return cropped(box, whole, part); }));
  }

 private:
  std::string wanted() const {
    const auto side = [](int from, int size) {
      return size > 0 ? fmt::format("{} to {}", from, from + size) : fmt::format("from {}", from);
    };
    return fmt::format("of columns {} and rows {}", side(x, width), side(y, height));
  }

  static Image cut(const Image& image, const cv::Rect& part, const FramePtr& frame) {
    Image view = seen(image, part, frame);
    // A small part is not to hold the whole: as if that were lent, its pixels are copied.
    const bool small = view.bytes() < image.bytes() / 2;
    view.mark_lent(small || image.lent());
    return small ? view.owned() : view;
  }

  // The frame keeps the pixels alive that are looked at.
  static Image seen(const Image& image, const cv::Rect& part, const FramePtr& frame) {
    if (image.planes() == 1) return {image.format(), image.mat()(part), frame};
    if (part.x % 2 != 0 || part.y % 2 != 0)
      return Image::yuv420(image.plane(0)(part), chroma_between(image.plane(1), part),
                           chroma_between(image.plane(2), part), frame);
    const cv::Rect half(part.x / 2, part.y / 2, (part.width + 1) / 2, (part.height + 1) / 2);
    return Image::yuv420(image.plane(0)(part), image.plane(1)(half), image.plane(2)(half), frame);
  }
};
SLUICE_STAGE(ImageCrop, "image.crop");

}  // namespace
}  // namespace sluice
