// What ImageHubs get from Sluice's own cameras, and several publishers at once.

#include <csignal>
#include <map>
#include <set>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;
using nlohmann::json;

namespace {

// A publisher's or a sender's lines of transport.send.
std::string uplink(bool publishes, const std::string& address) {
  return publishes ? "pattern = \"publish\"\n" + binds(address) : connects(address);
}

// Waits until the hub has frames of both.
bool has_both(Process& hub, const std::string& one, const std::string& other) {
  std::set<std::string> names;
  for (std::size_t n = 1; names.count(one) + names.count(other) < 2; ++n) {
    if (!tells(hub, "sum", n)) return false;
    for (const auto& name : column(told(hub), "msg")) names.insert(name);
  }
  return true;
}

}  // namespace

TEST_CASE("recv_image() gets a Sluice camera's pictures, whatever their format") {
  const std::map<std::string, json> shapes{
      {"bgr8", {48, 64, 3}},
      {"gray8", {48, 64}},
      {"yuv420", {48, 64, 3}},
      {"jpeg", {48, 64, 3}},
  };
  const bool publishes = GENERATE(false, true);
  INFO((publishes ? "published" : "by request"));
  const auto out = "tcp://" + free_address();
  auto call = python("hub.py", {out});
  if (publishes) call.push_back("--publish");
  Process hub(call);
  for (const auto& [format, shape] : shapes) {
    const bool jpg = format == "jpeg";
    Running(node_graph({format, (jpg ? "" : "format = \"" + format + "\"\n") + "rate = 100\n",
                        "peer = \"imagezmq-images\"\n" + uplink(publishes, out), jpg}))
        .until(hub, 10);
  }
  for (const auto& frame : told(hub)) {
    INFO(frame.dump());
    CHECK(frame["dtype"] == "uint8");
    CHECK(frame["shape"] == shapes.at(frame["msg"]));
  }
}

TEST_CASE("recv_jpg() gets the JPEGs of a Sluice camera that makes none itself") {
  const auto out = "tcp://" + free_address();
  Process hub(python("hub.py", {out, "--jpg"}));
  for (const std::string format : {"bgr8", "yuv420"})
    Running(node_graph({format, "format = \"" + format + "\"\nrate = 100\n",
                        "peer = \"imagezmq-jpegs\"\n" + connects(out)}))
        .until(hub, 10);
  for (const auto& frame : told(hub)) CHECK(frame["shape"] == json({48, 64, 3}));
}

// recv_image() raises KeyError where a header has no dtype, and its program ends.
TEST_CASE("JPEGs to recv_image() without a word of who reads them don't end it") {
  const bool publishes = GENERATE(false, true);
  INFO((publishes ? "published" : "by request"));
  const auto out = "tcp://" + free_address();
  auto call = python("hub.py", {out});
  if (publishes) call.push_back("--publish");
  Process hub(call);
  Running node(node_graph({"garage", "rate = 100\n", uplink(publishes, out), true}));
  const bool alive = tells(hub, "sum", 20);
  INFO(hub.err());
  REQUIRE(alive);
  const auto log = node.process().err();
  const bool told_what_to_set = log.find("peer = \"imagezmq-images\"") != std::string::npos;
  CHECK(told_what_to_set == !publishes);
}

// A goodbye, which Sluice's hubs are told, would end an ImageHub.
TEST_CASE("an ImageHub outlives the Sluice nodes that send to it, and decodes their JPEGs") {
  const bool publishes = GENERATE(false, true);
  INFO((publishes ? "published" : "by request"));
  const auto out = "tcp://" + free_address();
  auto call = python("hub.py", {out, "--jpg"});
  if (publishes) call.push_back("--publish");
  Process hub(call);
  for (int life = 0; life < 3; ++life)
    Running(node_graph({"garage", "rate = 100\n", uplink(publishes, out), true})).until(hub, 10);
  for (const auto& frame : told(hub)) {
    CHECK(frame["msg"] == "garage");
    CHECK(frame["shape"] == json({48, 64, 3}));
  }
}

TEST_CASE("an ImageHub reads two Sluice publishers") {
  const auto left = "tcp://" + free_address();
  const auto right = "tcp://" + free_address();
  Running one(node_graph({"garage", "rate = 100\n", uplink(true, left), true}));
  Running other(node_graph({"porch", "rate = 100\n", uplink(true, right), true}));
  Process hub(python("hub.py", {left, right, "--publish", "--jpg"}));
  const bool both = has_both(hub, "garage", "porch");
  INFO(hub.err() << one.process().err() << other.process().err());
  CHECK(both);
}

TEST_CASE("Sluice reads two ImageSenders that publish") {
  const auto left = "tcp://" + free_address();
  const auto right = "tcp://" + free_address();
  const auto out = "tcp://" + free_address();
  Process one(python("sender.py", {left, "--publish", "--msg", "\"garage\""}));
  Process other(python("sender.py", {right, "--publish", "--msg", "\"porch\""}));
  Running relay(relay_graph(
      "pattern = \"publish\"\nconnect = [\"" + left + "\", \"" + right + "\"]\n", connects(out)));
  Process hub(python("hub.py", {out}));
  const bool both = has_both(hub, "garage", "porch");
  INFO(hub.err() << relay.process().err());
  CHECK(both);
}
