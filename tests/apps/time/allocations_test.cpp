// Memory that a camera's node asks for with every frame: none, but what the network keeps.

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"

using namespace test;

TEST_CASE("yuv420 becomes JPEG with one allocation a frame, which is the JPEG") {
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
  // Averages: what is asked for once in a while (a queue that grows) is not one for each frame.
  CHECK(stages["camera"]["allocations_per_frame"] < 0.1);
  CHECK(stages["jpeg"]["allocations_per_frame"] < 1.1);
}
