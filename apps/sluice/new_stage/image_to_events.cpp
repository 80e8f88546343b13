#include "new_stage/templates.hpp"

namespace sluice::app {

const StageTemplate kImageToEvents{
    "image", "events",
    R"(// my.@name@: tells how bright pictures are, until you have it do something else.

#include <opencv2/core.hpp>
#include <sluice/stage.hpp>

namespace {

struct @Class@ : sluice::Stage {
  static void declare(sluice::Declare<@Class@>& d) {
    d.summary("Tells how bright pictures are");
    d.input(sluice::kinds::pictures);
    d.raises({"@name@.measured"});
    d.param("every", &@Class@::every, "of how many frames one is looked at").range(1, 1000);
  }
  unsigned every = 30;  // where the graph file doesn't say

  void process(const sluice::FramePtr& frame, sluice::Context& context) override {
    if (frame->sequence % every != 0) return;
    const double brightness = cv::mean(frame->image()->gray())[0];
    context.raise({.name = "@name@.measured",
                   .source = frame->source,
                   .details = {{"brightness", brightness}}});
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
  StageTest test("my.@name@", {{"every", std::int64_t{2}}});
  FakeSource camera(test.clock());
  for (int i = 0; i < 3; ++i) test.send(camera.frame(cv::Mat(4, 4, CV_8UC1, cv::Scalar(10))));
  const auto events = test.events();
  const bool good = events.size() == 2 && std::get<double>(events[0].details[0].second) == 10;
  std::puts(good ? "good" : "of three pictures, two should have been measured as of brightness 10");
  return good ? 0 : 1;
}
)",
    R"([stage.camera]
type = "capture.synthetic"

[stage.@name@]
type  = "my.@name@"
from  = "camera"
every = 30

[stage.log]                        # a line in the terminal for each event
type     = "log.events"
optional = true                    # what raises them goes on without it
)"};

}  // namespace sluice::app
