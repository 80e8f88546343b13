// Old programs that send their camera's newest picture as fast as they are answered.

#include <sstream>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;
using nlohmann::json;

namespace {

// Looks for motion, as the shipped hub does.
std::string watching_hub(const std::string& in) {
  return R"(
mailbox = { when_full = "block" }
[stage.cameras]
type = "transport.receive"
)" + in + R"(
[stage.decode]
type = "decode.jpeg"
from = "cameras"
[stage.motion]
type = "motion.detect"
from = "decode"
[stage.end]
type = "sink.discard"
from = "motion"
[stage.events]
type = "log.events"
)";
}

int count(const Process& hub, const std::string& name) {
  int n = 0;
  std::istringstream text(hub.out());
  for (std::string line; std::getline(text, line);)
    if (json::parse(line)["event"] == name) ++n;
  return n;
}

}  // namespace

TEST_CASE("an ImageSender that sends each picture again and again is like its camera") {
  const bool jpg = GENERATE(false, true);
  constexpr int kPictures = 60;
  const auto in = "tcp://" + free_address();
  Running hub(watching_hub(binds(in)));
  std::vector<std::string> call{in, "--pictures", std::to_string(kPictures)};
  if (jpg) call.emplace_back("--jpg");
  Process camera(python("flood.py", call));
  const bool ended = camera.wait() == 0;
  INFO(camera.err());
  REQUIRE(ended);
  const auto told_of = told(camera, "sent");
  REQUIRE(told_of.size() == 1);
  const std::uint64_t sent = told_of[0]["sent"];
  const auto cameras = hub.end()["cameras"];
  INFO(told_of[0].dump() << cameras.dump(2));
  // Each picture once: what was the same again counts as that, and is missed nowhere.
  CHECK(cameras["out"].get<int>() > kPictures / 2);
  CHECK(cameras["out"].get<int>() <= kPictures + 1);
  CHECK(cameras["dropped"].value("repeated", 0) + cameras["out"].get<std::uint64_t>() == sent);
  CHECK(sent < 6 * kPictures);
  // One scene: it began to move, and it ended.
  CHECK(count(hub.process(), "motion.began") == 1);
  CHECK(count(hub.process(), "motion.ended") == 1);
}

TEST_CASE("of a publisher that sends each picture again and again, each is taken once") {
  constexpr int kPictures = 30;
  const auto in = "tcp://" + free_address();
  Running hub(watching_hub("pattern = \"publish\"\n" + connects(in)));
  Process camera(python("flood.py", {in, "--publish", "--pictures", std::to_string(kPictures)}));
  REQUIRE(camera.wait() == 0);
  const auto cameras = hub.end()["cameras"];
  INFO(cameras.dump(2));
  CHECK(cameras["out"].get<int>() <= kPictures + 1);
  CHECK(cameras["dropped"].value("repeated", 0) > cameras["out"].get<int>());
}
