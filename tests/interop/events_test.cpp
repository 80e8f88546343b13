// imagenode tells of restarts, motion, light and temperature in its texts: those are events.

#include <sstream>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;
using nlohmann::json;

namespace {

// What standard output told of imagenode, without times and the stage's name.
Lines events_of(const Process& hub) {
  Lines events;
  std::istringstream text(hub.out());
  for (std::string line; std::getline(text, line);) {
    auto event = json::parse(line);
    const std::string name = event["event"];
    if (name.rfind("node.", 0) != 0 && name.rfind("motion.", 0) != 0) continue;
    event.erase("time");
    event.erase("stage");
    events.push_back(std::move(event));
  }
  return events;
}

void imagenode(const std::string& send_type) {
  const auto in = "tcp://" + free_address();
  Running hub(hub_graph(binds(in)));
  Process node(python("imagenode.py", {in, "--send-type", send_type}));
  REQUIRE(node.wait() == 0);
  const auto stages = hub.end();
  for (const auto& message : told(node, "msg")) {
    INFO(message.dump());
    CHECK(message["reply"] == "OK");
  }

  const auto event = [](const char* name, const char* source, json more = json::object()) {
    more["event"] = name;
    more["source"] = source;
    return more;
  };
  constexpr const char* kNode = "WestDriveway";
  constexpr const char* kView = "WestDriveway-PiCam1";
  const Lines expected{
      event("node.restart", kNode,
            {{"host", "rpi22"},
             {"system", "RPi 4"},
             {"address", "192.168.86.45"},
             {"ram", "3800"},
             {"hours_since_boot", "0.4"}}),
      event("node.heartbeat", kNode),
      event("motion.began", kView),
      event("motion.ended", kView),
      event("motion.began", kView, {{"roi", "FrontGate"}}),
      event("motion.ended", kView, {{"roi", "FrontGate"}}),
      event("node.reading", kView, {{"what", "light"}, {"value", "lighted"}}),
      event("node.reading", kView, {{"what", "light"}, {"value", "dark"}, {"roi", "Sky"}}),
      event("node.reading", kNode, {{"what", "Temp"}, {"value", "77 F"}}),
      event("node.reading", kNode, {{"what", "humidity"}, {"value", "48.4 %"}}),
  };
  CHECK(events_of(hub.process()) == expected);

  INFO(stages.dump(2));
  CHECK(stages["cameras"]["failed"] == 0);
  // The pictures that came with texts are none of a camera's.
  CHECK(stages["end"]["in"] == 3);
  CHECK(stages["end"]["sources"].size() == 1);
  CHECK(stages["end"]["sources"][kView]["in"] == 3);
  CHECK(stages["end"]["sources"][kView]["missing"] == 0);
}

}  // namespace

TEST_CASE("imagenode's texts become events in their order, with send_image") { imagenode("image"); }
TEST_CASE("imagenode's texts become events in their order, with send_jpg") { imagenode("jpg"); }
