// Old senders whose Sluice hub is killed and started again.

#include <csignal>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;

namespace {

// The event of a sender's first message.
constexpr const char* kSends = "link.up";

// The hub's first life ends in the middle of things.
void kill_hub(const std::string& graph) {
  Running hub(graph);
  REQUIRE(hub.process().says(kSends));
  hub.process().signal(SIGKILL);
  REQUIRE(hub.process().wait() == 128 + SIGKILL);
}

void goes_on(const std::string& remedy) {
  const auto in = "tcp://" + free_address();
  Process camera(python("reconnecting.py", {in, "--remedy", remedy}));
  const auto graph = hub_graph(binds(in));
  kill_hub(graph);
  REQUIRE(tells(camera, "away", 1));
  const auto before = told(camera, "reply").size();
  Running hub(graph);
  const bool answered = tells(camera, "reply", before + 10);
  INFO(camera.err() << hub.process().err());
  REQUIRE(answered);
  const auto cameras = hub.end()["cameras"];
  INFO(cameras.dump(2));
  CHECK(cameras["out"] >= 10);
  CHECK(cameras["failed"] == 0);
  CHECK(cameras["sources"]["camera"]["dropped"].empty());
  for (const auto& reply : column(told(camera, "reply"), "reply")) CHECK(reply == "OK");
}

}  // namespace

TEST_CASE("an ImageSender that makes itself anew goes on after the hub was killed") {
  goes_on("anew");
}

TEST_CASE("an ImageSender with a relaxed, correlating socket goes on after the hub was killed") {
  goes_on("relaxed");
}

TEST_CASE("an ImageSender that publishes goes on after the hub was killed") {
  const auto address = "tcp://" + free_address();
  Process camera(python("sender.py", {address, "--publish"}));
  const auto graph = hub_graph("pattern = \"publish\"\n" + connects(address));
  kill_hub(graph);
  Running hub(graph);
  const bool back = hub.process().says(kSends);
  INFO(camera.err() << hub.process().err());
  REQUIRE(back);
  const auto cameras = hub.end()["cameras"];
  CHECK(cameras["out"] >= 1);
  CHECK(cameras["failed"] == 0);
}

TEST_CASE("an ImageSender made for each picture alone stays one source") {
  const auto in = "tcp://" + free_address();
  Running hub(hub_graph(binds(in)));
  Process camera(python("sender.py", {in, "--count", "60", "--each-anew"}));
  REQUIRE(camera.wait() == 0);
  const auto stages = hub.end();
  INFO(stages.dump(2));
  CHECK(stages["cameras"]["out"] == 60);
  CHECK(stages["end"]["sources"]["camera"]["in"] == 60);
  CHECK(stages["end"]["sources"]["camera"]["last_sequence"] == 59);
}
