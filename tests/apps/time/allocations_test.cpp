// Memory that a camera's node asks for with every frame: for the JPEG, which the network keeps, and
// what libraries ask for. Frames' own memory is recycled.

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"

using namespace test;

TEST_CASE("a frame's way from yuv420 to JPEG asks for memory once, for the JPEG") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  skip("a sanitizer's malloc() is not counted");
#endif
  const Folder folder;
  const auto graph = folder.write("node.toml", R"([stage.camera]
type    = "capture.synthetic"
format  = "yuv420"
width   = 1280
height  = 720
rate    = 50
frames  = 200
preload = 10
objects = 0

[stage.jpeg]
type    = "encode.jpeg"
from    = "camera"
quality = 80

[stage.end]
type = "sink.discard"
from = "jpeg"
)");
  const auto file = (folder.path() / "figures.json").string();
  Process time(sluice({"time", graph, "--for", "60s", "--warmup", "500ms", "--json", file}));
  INFO(time.err());
  REQUIRE(time.wait() == 0);
  const auto stages = read_json(file)["variants"][0]["middle"]["stages"];
  REQUIRE(stages["jpeg"]["frames"] > 50);
  // Averages: what is asked for once in a while (a queue that grows) is not one for each frame. To
  // wake the next stage takes CAF two, where it slept; to begin a picture takes libjpeg two.
  constexpr double kWake = 2, kLibjpeg = 2, kJpeg = 1, kNowAndThen = 0.1;
  CHECK(stages["camera"]["allocations_per_frame"] <= kWake + kNowAndThen);
  CHECK(stages["jpeg"]["allocations_per_frame"] <= kWake + kLibjpeg + kJpeg + kNowAndThen);
}
