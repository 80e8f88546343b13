#include "new_stage/templates.hpp"

namespace sluice::app {

const StageTemplate kNoneToImage{
    "none", "image",
    R"(// my.@name@: a camera that shows a moving bar, until you have it show something else.

#include <opencv2/core.hpp>
#include <sluice/stage.hpp>

namespace {

struct @Class@ : sluice::LoopStage {
  static void declare(sluice::Declare<@Class@>& d) {
    d.summary("A moving bar");
    d.output(sluice::Kind::gray8);
    d.param("source", &@Class@::source, "the camera's name");
    d.param("rate", &@Class@::rate, "how many pictures").range(0.1, 1000).unit("frames/s");
  }
  std::string source = "@name@";
  double rate = 20;

  // In a thread of its own. What it waits for must end by itself within a second.
  void run(sluice::LoopContext& context) override {
    const auto pause = sluice::Duration(static_cast<std::int64_t>(1e9 / rate));
    for (std::uint64_t n = 0; !context.wait(pause); ++n) {
      cv::Mat picture(240, 320, CV_8UC1, cv::Scalar(40));
      picture.col(static_cast<int>(n % 320)) = 255;
      context.offer(std::make_shared<const sluice::Frame>(
          sluice::Frame{source, n, context.clock().utc(), true,
                        sluice::Image(sluice::Kind::gray8, picture), {}}));
    }
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
  StageTest test("my.@name@");
  test.run([](const StageTest& so_far) { return so_far.frames().size() == 3; });
  const auto frames = test.frames();
  const bool good = frames.size() == 3 && frames[2]->sequence == 2 &&
                    frames[2]->image()->mat().at<unsigned char>(0, 2) == 255;
  std::puts(good ? "good" : "the bar should be in column 2 of the third picture");
  return good ? 0 : 1;
}
)",
    R"([stage.@name@]
type = "my.@name@"
rate = 20

[stage.page]                       # http://127.0.0.1:8080/
type     = "display.web"
from     = "@name@"
optional = true                    # what makes the pictures goes on without it
)"};

}  // namespace sluice::app
