// A Sluice node in imagenode's place, at imagehub.

#include <algorithm>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;
using nlohmann::json;

TEST_CASE("imagehub stores a Sluice node's pictures and logs its motion") {
  const auto out = "tcp://" + free_address();
  Process hub(python("imagehub.py", {out}));
  Running node(R"(
[stage.camera]
type = "capture.synthetic"
source = "door"
width = 64
height = 48
rate = 100
moving = "300ms"
still = "700ms"
[stage.motion]
type = "motion.detect"
from = "camera"
[stage.jpeg]
type = "encode.jpeg"
from = "motion"
[stage.uplink]
type = "transport.send"
from = { in = "jpeg", events = "motion" }
peer = "imagehub"
node = "Jeff Office"
heartbeat = "200ms"
)" + connects(out));
  // A start, and motion that began, ended and began.
  const bool logged = tells(hub, "logged", 4);
  const bool lives = tells(hub, "heartbeat", 2);
  INFO(hub.err() << node.process().err() << hub.out());
  REQUIRE(logged);
  REQUIRE(lives);
  const auto uplink = node.end()["uplink"];

  const auto log = column(told(hub, "logged"), "logged");
  CHECK(log[0].starts_with("Jeff Office|Restart|"));
  CHECK(std::ranges::count(log[0], '|') == 6);
  CHECK(log[1] == "Jeff Office door|motion|moving");
  CHECK(log[2] == "Jeff Office door|motion|still");
  CHECK(log[3] == "Jeff Office door|motion|moving");
  const auto pictures = told(hub, "stored");
  CHECK(pictures.size() > 10);
  for (const auto& picture : pictures) {
    CHECK(picture["stored"] == "Jeff-Office-door");
    CHECK(picture["shape"] == json({48, 64, 3}));
  }
  CHECK(told(hub, "heartbeat")[0]["heartbeat"] == "Jeff Office");
  CHECK(told(hub, "thrown_away").empty());
  CHECK(uplink["failed"] == 0);
}
