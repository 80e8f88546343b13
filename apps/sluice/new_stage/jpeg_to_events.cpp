#include "new_stage/templates.hpp"

namespace sluice::app {

const StageTemplate kJpegToEvents{
    "jpeg", "events",
    R"(// my.@name@: tells how large JPEGs are, until you have it do something else.

#include <sluice/stage.hpp>

namespace {

struct @Class@ : sluice::Stage {
  static void declare(sluice::Declare<@Class@>& d) {
    d.summary("Tells how large JPEGs are");
    d.input(sluice::Kind::jpeg);
    d.raises({"@name@.measured"});
    d.param("every", &@Class@::every, "of how many frames one is looked at").range(1, 1000);
  }
  unsigned every = 30;  // where the graph file doesn't say

  void process(const sluice::FramePtr& frame, sluice::Context& context) override {
    if (frame->sequence % every != 0) return;
    context.raise({.name = "@name@.measured",
                   .source = frame->source,
                   .details = {{"bytes", static_cast<std::int64_t>(frame->bytes())}}});
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
  for (int i = 0; i < 3; ++i)
    test.send(camera.frame(sluice::Encoded::from(sluice::Kind::jpeg, {0xFF, 0xD8, 0xFF, 0xD9})));
  const auto events = test.events();
  const bool good = events.size() == 2 && std::get<std::int64_t>(events[0].details[0].second) == 4;
  std::puts(good ? "good" : "of three JPEGs, two should have been measured as of 4 bytes");
  return good ? 0 : 1;
}
)",
    R"([stage.camera]
type = "capture.synthetic"

[stage.jpeg]
type = "encode.jpeg"
from = "camera"

[stage.@name@]
type  = "my.@name@"
from  = "jpeg"
every = 30

[stage.log]                        # a line in the terminal for each event
type     = "log.events"
optional = true                    # what raises them goes on without it
)"};

}  // namespace sluice::app
