#include "new_stage/templates.hpp"

namespace sluice::app {

const StageTemplate kImageToImage{
    "image", "image",
    R"(// my.@name@: turns pictures into their negatives, until you have it do something else.

#include <opencv2/core.hpp>
#include <sluice/stage.hpp>

namespace {

struct @Class@ : sluice::Stage {
  static void declare(sluice::Declare<@Class@>& d) {
    d.summary("Turns pictures into their negatives");
    d.input(sluice::Kind::gray8 | sluice::Kind::bgr8).output_same();
    d.param("strength", &@Class@::strength, "how much of the negative is mixed in").range(0, 1);
  }
  double strength = 1;  // where the graph file doesn't say

  // Other stages look at the same frame: its pixels stay as they are, and others are handed on.
  void process(const sluice::FramePtr& frame, sluice::Context& context) override {
    const cv::Mat& pixels = frame->image()->mat();
    cv::Mat negative, mixed;
    cv::bitwise_not(pixels, negative);
    cv::addWeighted(pixels, 1 - strength, negative, strength, 0, mixed);
    context.emit(frame->with(sluice::Image(frame->kind(), mixed)));
  }
};
SLUICE_STAGE(@Class@, "my.@name@");

}  // namespace
)",
    R"(// Ends with 0 if my.@name@ does what it should.

#include <cstdio>
#include <sluice/testkit.hpp>

using namespace sluice::testkit;

int main() {
  StageTest test("my.@name@", {{"strength", 1.0}});
  FakeSource camera(test.clock());
  test.send(camera.frame(cv::Mat(4, 4, CV_8UC1, cv::Scalar(10))));
  const bool good =
      test.frames().size() == 1 && test.frames()[0]->image()->mat().at<unsigned char>(0, 0) == 245;
  std::puts(good ? "good" : "a picture of 10 should have become one of 245");
  return good ? 0 : 1;
}
)",
    R"([stage.camera]
type = "capture.synthetic"

[stage.@name@]
type     = "my.@name@"
from     = "camera"
strength = 0.8

[stage.page]                       # http://127.0.0.1:8080/
type     = "display.web"
from     = "@name@"
optional = true                    # what makes the pictures goes on without it
)"};

}  // namespace sluice::app
