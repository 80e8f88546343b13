// As stage.hpp's own example: uses the pixels that its port promises it.
#include <opencv2/core.hpp>
#include <sluice/stage.hpp>

namespace {

struct Invert : sluice::Stage {
  static void declare(sluice::Declare<Invert>& d) {
    d.summary("Inverts every pixel");
    d.input(sluice::Kind::gray8 | sluice::Kind::bgr8).output_same();
  }
  void process(const sluice::FramePtr& frame, sluice::Context& context) override {
    cv::Mat inverted;
    cv::bitwise_not(frame->image()->mat(), inverted);
    context.emit(frame->with(sluice::Image(frame->kind(), inverted)));
  }
};
SLUICE_STAGE(Invert, "trusting.invert");

}  // namespace
