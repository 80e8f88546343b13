// Peers that send more than is read, or answer what was not asked, and go.

#include <memory>
#include <thread>
#include <zmq.hpp>

#include "catch.hpp"
#include "contains.hpp"
#include "faults/proxy.hpp"
#include "faults/zmtp.hpp"
#include "probe.hpp"
#include "running.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

std::string times(const std::string& what, int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += what;
  return text;
}

std::string receiver(const std::string& address, const std::string& pattern,
                     const std::string& more = {}) {
  return fmt::format(R"(
[stage.cameras]
type = "transport.receive"
bind = "tcp://{}"
pattern = "{}"
{}
[stage.end]
type = "sink.discard"
from = "cameras"
[stage.events]
type = "log.events"
)",
                     address, pattern, more);
}

std::string sender(const std::string& address, const std::string& pattern) {
  return fmt::format(R"(
[stage.camera]
type = "capture.synthetic"
width = 64
height = 48
[stage.uplink]
type = "transport.send"
from = "camera"
bind = "tcp://{}"
pattern = "{}"
[stage.events]
type = "log.events"
)",
                     address, pattern);
}

// As imagezmq's own sender.
struct OldSender {
  explicit OldSender(const std::string& address) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 20'000);
    socket.connect("tcp://" + address);
  }
  std::string send(const std::string& name) {
    const auto header =
        fmt::format(R"({{"msg": "{}", "dtype": "uint8", "shape": [2, 2, 3]}})", name);
    socket.send(zmq::buffer(header), zmq::send_flags::sndmore);
    socket.send(zmq::buffer(fmt::format("{:12}", ++pictures)));  // each another picture
    zmq::message_t reply;
    return socket.recv(reply) ? reply.to_string() : std::string("(none)");
  }
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::req};
  int pictures = 0;
};

// Why the hub has refused a peer.
std::string why_refused(const Running& hub) {
  const auto refused = hub.wait_for("peer.refused", 0);
  REQUIRE(refused);
  return (*refused)["why"];
}

}  // namespace

TEST_CASE("a peer goes with messages that nobody has read yet, and a ping among them") {
  struct Row {
    const char *pattern, *peer;
    bool hub;
  };
  const auto [pattern, peer, hub] = GENERATE(
      Row{"request", "DEALER", true}, Row{"publish", "PUB", true}, Row{"push", "PUSH", true},
      Row{"request", "ROUTER", false}, Row{"publish", "SUB", false}, Row{"push", "PULL", false});
  CAPTURE(pattern, hub);
  const auto address = free_address();
  Running victim(hub ? receiver(address, pattern) : sender(address, pattern));
  REQUIRE(victim.says("listening on"));
  // More than any queue holds, and then a ping: libzmq once ended the process at that.
  const auto message = zmtp::part("", true) + zmtp::part("x");
  const auto burst = times(message, 1200) + zmtp::ping() + times(message, 40) + zmtp::ping();
  for (int i = 0; i < 5; ++i) {
    Tcp stranger(address);
    zmtp::greet(stranger, peer);
    stranger.send(burst);
    stranger.reset();
  }
  OldSender good(address);
  if (hub && std::string_view(pattern) == "request") CHECK(good.send("good") == "OK");
  CHECK(victim.process().wait(1s) == -1);
  adds_up(victim.report());
}

TEST_CASE("what nobody has room for does not pile up, and costs no other sender its frames") {
  const auto address = free_address();
  // A consumer that is waited for, of pictures that it takes its time for.
  Running hub(fmt::format(R"(
[stage.cameras]
type = "transport.receive"
bind = "tcp://{}"
max_message = "4MB"
[stage.work]
type = "encode.jpeg"
from = "cameras"
mailbox = {{ when_full = "block" }}
[stage.end]
type = "sink.discard"
from = "work"
[stage.events]
type = "log.events"
)",
                          address));
  REQUIRE(hub.says("listening on"));
  OldSender good(address);
  REQUIRE(good.send("good") == "OK");
  const double before = hub.resident_mib();
  zmq::context_t context(1);
  zmq::socket_t flood(context, zmq::socket_type::dealer);
  flood.set(zmq::sockopt::linger, 0);
  flood.set(zmq::sockopt::sndhwm, 0);
  flood.connect("tcp://" + address);
  const std::string header = R"({"msg": "flood", "dtype": "uint8", "shape": [1000, 1000, 3]})";
  std::string picture(3'000'000, 'x');
  double most = before;
  // 900 MB, for which it waits for no answer.
  for (int i = 0; i < 300; ++i) {
    flood.send(zmq::message_t(), zmq::send_flags::sndmore);
    flood.send(zmq::buffer(header), zmq::send_flags::sndmore);
    ++picture[static_cast<std::size_t>(i)];
    flood.send(zmq::buffer(picture));
    if (i % 10 == 0) {
      CHECK(good.send("good") == "OK");
      most = std::max(most, hub.resident_mib());
    }
  }
  for (int i = 0; i < 30; ++i) {
    CHECK(good.send("good") == "OK");
    most = std::max(most, hub.resident_mib());
  }
  const auto report = hub.report();
  adds_up(report);
  const auto& cameras = report["stages"]["cameras"];
  CHECK(cameras["dropped"]["queue_full"] > 0);
  CHECK(cameras["sources"]["good"]["in"] == 61);
  row("900 MB that nobody has room for: {:+.0f} MiB at most, {} dropped, the other sender's 61 "
      "frames "
      "came",
      most - before, cameras["dropped"]["queue_full"].dump());
#ifndef __SANITIZE_ADDRESS__
  CHECK(most - before < 160);  // what may wait is 16 MB, and the rest is on its way to be dropped
#endif
}

TEST_CASE("a message without end is cut off, and so is a subscriber that talks") {
  const bool hub = GENERATE(true, false);
  CAPTURE(hub);
  const auto address = free_address();
  Running victim(hub ? receiver(address, "request", "max_message = \"1MiB\"")
                     : sender(address, "publish"));
  REQUIRE(victim.says("listening on"));
  Tcp stranger(address);
  zmtp::greet(stranger, hub ? "DEALER" : "SUB");
  // Parts of 100 bytes, each of which says that there is one more.
  const auto parts = times(zmtp::part(std::string(100, '\1'), hub), 1000);
  bool open = true;
  const double until = utc_s() + 20;
  while (open && utc_s() < until) open = stranger.send(parts);
  CHECK_FALSE(open);
  REQUIRE(victim.wait_for("peer.refused", 0));
  adds_up(victim.report());
}

TEST_CASE("a hub that answers what was not asked is left, and the next one is found") {
  const auto address = free_address();
  Running node(node_graph("porch", address));
  {
    zmq::context_t context(1);
    zmq::socket_t hub(context, zmq::socket_type::router);
    hub.set(zmq::sockopt::linger, 0);
    hub.set(zmq::sockopt::rcvtimeo, 20'000);
    hub.bind("tcp://" + address);
    zmq::message_t who;
    REQUIRE(hub.recv(who));
    const std::string reply =
        R"(OK {"seq":18446744073709551615,"a":")" + std::string(20'000, 'x') + "\"}";
    for (int i = 0; i < 2000; ++i) {
      zmq::message_t to;
      to.copy(who);
      if (!hub.send(to, zmq::send_flags::sndmore | zmq::send_flags::dontwait)) break;
      hub.send(zmq::message_t(), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
      hub.send(zmq::buffer(reply), zmq::send_flags::dontwait);
    }
    const auto refused = node.wait_for("peer.refused", 0);
    REQUIRE(refused);
    CHECK((*refused)["why"] == "it answers more than it was asked");
  }
  const Probe probe;
  Running hub(hub_graph(address, probe.address()));
  CHECK(probe.flows("porch"));
  adds_up(node.report());
}

TEST_CASE("a network that passes nothing for a while: an old sender goes on, on its connection") {
  const auto address = free_address();
  Running hub(receiver(address, "request", "stale_after = \"1s\""));
  REQUIRE(hub.says("listening on"));
  Proxy proxy(address);
  OldSender camera(proxy.address());
  REQUIRE(camera.send("porch") == "OK");
  const double stalled = utc_s();
  std::thread later;
  for (const auto way : {Proxy::up, Proxy::down}) proxy.stall(way, true);
  later = std::thread([&] {
    // Longer than dead_after, 2 s, with which Sluice's own peers are found.
    while (utc_s() < stalled + 5) std::this_thread::sleep_for(10ms);
    for (const auto way : {Proxy::up, Proxy::down}) proxy.stall(way, false);
  });
  CHECK(camera.send("porch") == "OK");
  later.join();
  CHECK(utc_s() - stalled > 4.9);
  CHECK(hub.wait_for("source.stale", stalled));
  CHECK(hub.wait_for("source.back", stalled));
  CHECK(hub.events("link.down").empty());
  CHECK(proxy.accepted() == 1);
  CHECK(hub.report()["stages"]["cameras"]["sources"]["porch"]["in"] == 2);
}

TEST_CASE("a link so thin that a picture takes longer than dead_after: every picture comes") {
  const auto address = free_address();
  const Probe probe;
  Running hub(hub_graph(address, probe.address(), "dead_after = \"500ms\""));
  REQUIRE(hub.says("listening on"));
  Proxy proxy(address);
  // 77 kB each, of which 60 kB a second pass.
  Running node(node_graph("porch", proxy.address(), "width = 320\nheight = 240\nrate = 1",
                          "dead_after = \"500ms\"\nwindow = 1"));
  REQUIRE(probe.flows("porch", 1));
  proxy.limit(60'000);
  REQUIRE(probe.flows("porch", 4));
  proxy.limit(0);
  node.report();
  adds_up(hub.report());
}

TEST_CASE("nothing but answers reaches an old sender, and nothing but frames an old subscriber") {
  SECTION("sender") {
    const auto address = free_address();
    Running hub(receiver(address, "request", "dead_after = \"500ms\""));
    REQUIRE(hub.says("listening on"));
    Tcp old(address);
    zmtp::greet(old, "REQ");
    const auto frame = zmtp::part("", true) +
                       zmtp::part(R"({"msg": "a", "dtype": "uint8", "shape": [4]})", true) +
                       zmtp::part("1234");
    old.send(frame);
    CHECK(old.receive(6) == zmtp::part("", true) + zmtp::part("OK"));
    // Longer than any sign of life would take to come.
    CHECK(old.receive(1, 2s).empty());
    CHECK(old.end(0ms) == Tcp::End::none);
    old.send(frame);
    CHECK(old.receive(6) == zmtp::part("", true) + zmtp::part("OK"));
  }
  SECTION("subscriber") {
    const auto address = free_address();
    Running node(sender(address, "publish"));
    REQUIRE(node.says("listening on"));
    Tcp old(address);
    zmtp::greet(old, "SUB");
    old.send(zmtp::part("\1"));
    // Read part by part: a command's flags have a 4 in them.
    bool any_command = false;
    for (int i = 0; i < 100; ++i) {
      const auto flags = old.receive(1);
      REQUIRE(flags.size() == 1);
      any_command = any_command || (flags[0] & 4) != 0;
      std::size_t size = 0;
      for (const char c : old.receive((flags[0] & 2) != 0 ? 8 : 1))
        size = size << 8U | static_cast<unsigned char>(c);
      REQUIRE(old.receive(size).size() == size);
    }
    CHECK_FALSE(any_command);
  }
}

TEST_CASE("connections that say nothing are few, whoever means it well gets in between them") {
  const auto address = free_address();
  Running hub(receiver(address, "request"));
  REQUIRE(hub.says("listening on"));
  const auto before = hub.descriptors();
  std::vector<Tcp> silent;
  std::size_t most = 0;
  for (int i = 0; i < 600; ++i) {
    silent.emplace_back(address);
    if (i % 50 == 49) {
      OldSender good(address);
      CHECK(good.send("good") == "OK");
    }
    most = std::max(most, hub.descriptors());
  }
  // Two for each connection that is kept, and some that are not closed yet.
  CHECK(most < before + 2 * 128 + 100);
  CHECK_THAT(why_refused(hub), ContainsSubstring("128 are kept"));
}

TEST_CASE("more connections than max_peers are refused, with its name, and who is in stays in") {
  const auto address = free_address();
  Running hub(receiver(address, "request", "max_peers = 3"));
  REQUIRE(hub.says("listening on"));
  std::vector<std::unique_ptr<OldSender>> in;
  for (const char* name : {"a", "b", "c"}) {
    in.push_back(std::make_unique<OldSender>(address));
    REQUIRE(in.back()->send(name) == "OK");
  }
  OldSender late(address);
  late.socket.set(zmq::sockopt::rcvtimeo, 500);
  CHECK(late.send("d") == "(none)");
  CHECK_THAT(why_refused(hub), ContainsSubstring("max_peers = 3"));
  for (auto& sender : in) CHECK(sender->send("a") != "(none)");
}

TEST_CASE("who is connected and never sends gives way to who does") {
  const auto address = free_address();
  Running hub(receiver(address, "request", "max_peers = 3"));
  REQUIRE(hub.says("listening on"));
  OldSender first(address);
  REQUIRE(first.send("first") == "OK");
  std::vector<std::unique_ptr<Tcp>> silent;
  for (int i = 0; i < 6; ++i) {
    silent.push_back(std::make_unique<Tcp>(address));
    zmtp::greet(*silent.back(), "DEALER");
  }
  OldSender late(address);
  CHECK(late.send("late") == "OK");
  CHECK(first.send("first") == "OK");
  CHECK_THAT(why_refused(hub), ContainsSubstring("has never sent anything"));
}

TEST_CASE("a message that is too large leaves a line that names the setting") {
  const auto address = free_address();
  Running hub(receiver(address, "request", "max_message = \"100kB\""));
  REQUIRE(hub.says("listening on"));
  OldSender camera(address);
  REQUIRE(camera.send("a") == "OK");
  camera.socket.set(zmq::sockopt::rcvtimeo, 300);
  camera.socket.send(zmq::str_buffer(R"({"msg": "a"})"), zmq::send_flags::sndmore);
  camera.socket.send(zmq::buffer(std::string(200'000, 'x')));
  CHECK(hub.says("larger than max_message"));
}
