#include "new_stage/templates.hpp"

namespace sluice::app {

const StageTemplate kJpegToJpeg{
    "jpeg", "jpeg",
    R"(// my.@name@: hands on every few JPEGs, until you have it do something else.

#include <sluice/stage.hpp>

namespace {

struct @Class@ : sluice::Stage {
  static void declare(sluice::Declare<@Class@>& d) {
    d.summary("Hands on one of every few JPEGs");
    d.input(sluice::Kind::jpeg).output_same();
    d.param("every", &@Class@::every, "of how many frames one is handed on").range(1, 1000);
  }
  unsigned every = 10;  // where the graph file doesn't say

  // The picture as it came is frame->encoded()->bytes.
  void process(const sluice::FramePtr& frame, sluice::Context& context) override {
    if (frame->sequence % every == 0)
      context.emit(frame);
    else
      context.drop(frame->source, "thinned_out");  // the report counts it by this name
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
  for (int i = 0; i < 4; ++i)
    test.send(camera.frame(sluice::Encoded::from(sluice::Kind::jpeg, {0xFF, 0xD8, 0xFF, 0xD9})));
  const bool good = test.frames().size() == 2 && test.counts().dropped["thinned_out"] == 2;
  std::puts(good ? "good" : "of four JPEGs, two should have been handed on and two dropped");
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
every = 10

[stage.page]                       # http://127.0.0.1:8080/
type     = "display.web"
from     = "@name@"
optional = true                    # what makes the pictures goes on without it
)"};

}  // namespace sluice::app
