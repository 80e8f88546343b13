// Who connects and is no imagezmq program, and who is one but sends what is no frame.

#include <unistd.h>

#include <random>
#include <zmq.hpp>

#include "catch.hpp"
#include "eventually.hpp"
#include "probe.hpp"
#include "running.hpp"
#include "tcp.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

// A hub, and a good node whose frames must go on arriving whatever others do.
struct GoodPair {
  explicit GoodPair(const std::string& more = {}) : hub(hub_graph(address, probe.address(), more)) {
    REQUIRE(hub.says("listening on"));
    node.emplace(node_graph("porch", address));
    REQUIRE(probe.flows("porch", 20));
    start = utc_s();
  }

  // Ends both. Checks that the node's link never broke and that all it sent came, and returns how
  // long its frames were at most apart.
  double undisturbed() {
    REQUIRE(probe.flows("porch"));
    CHECK_FALSE(node->wait_for("link.down", start, nullptr, 0s));
    double last = start, longest = 0;
    for (const auto& seen : probe.seen("porch"))
      if (seen.arrived_s > start) {
        longest = std::max(longest, seen.arrived_s - last);
        last = seen.arrived_s;
      }
    const auto sent = node->report();
    const auto taken = hub.report();
    adds_up(sent);
    adds_up(taken);
    books = taken["stages"]["cameras"];
    CHECK(sent["stages"]["uplink"]["out"] == books["sources"]["porch"]["in"]);
    return longest;
  }

  const std::string address = free_address();
  Probe probe;
  Running hub;
  std::optional<Running> node;
  double start = 0;
  nlohmann::json books;  // of the hub's transport.receive, at the end
};

// imagezmq's own sender, in what it sends and how.
struct OldSender {
  explicit OldSender(const std::string& address) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 10'000);
    socket.connect("tcp://" + address);
  }
  // The reply.
  std::string ask(const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      socket.send(zmq::buffer(parts[i]),
                  i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    zmq::message_t reply;
    return socket.recv(reply) ? reply.to_string() : std::string("(none)");
  }
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::req};
};

const std::string kRaw = R"({"msg": "old", "dtype": "uint8", "shape": [2, 2, 3]})";
const std::string kPixels(12, 'x');

}  // namespace

TEST_CASE(
    "garbage and half-open connections, 500: descriptors come back, the node is undisturbed") {
  GoodPair pair;
  const auto before = pair.hub.descriptors();
  std::mt19937 random(5);
  std::size_t most = 0;
  {
    std::vector<Tcp> strangers;
    // What a ZeroMQ peer says first: a signature and version 3.1, the NULL mechanism.
    const std::string greeting =
        std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01", 12) + "NULL" + std::string(48, '\0');
    for (int i = 0; i < 500; ++i) {
      auto& stranger = strangers.emplace_back(pair.address);
      std::string noise(random() % 2000, '\0');
      for (auto& c : noise) c = static_cast<char>(random());
      switch (i % 5) {
        case 0:  // connects, and says nothing
          break;
        case 1:
          stranger.send(noise);
          break;
        case 2:
          stranger.send("GET / HTTP/1.1\r\nHost: hub\r\n\r\n");
          break;
        case 3:  // stops in the midst of a greeting
          stranger.send(greeting.substr(0, 1 + random() % 63));
          break;
        case 4:  // greets well, and goes on with noise
          stranger.send(greeting + noise);
          break;
      }
      most = std::max(most, pair.hub.descriptors());
    }
    // The hub closes them all, though none of them does.
    REQUIRE(eventually([&] { return pair.hub.descriptors() <= before; }));
    CHECK(pair.hub.descriptors() == before);
    // Nor do they find anything open.
    for (auto& stranger : strangers) {
      stranger.receive(4096, 1s);
      CHECK(stranger.end(1s) != Tcp::End::none);
    }
  }
  const double longest = pair.undisturbed();
  row("garbage and half-open connections × 500: {} descriptors before, {} at most, {} after; the "
      "good "
      "node's frames at most {:.0f} ms apart",
      before, most, before, 1000 * longest);
}

TEST_CASE("messages that are no frames are counted, and their sender recovers") {
  GoodPair pair;
  const std::vector<std::vector<std::string>> bad{
      {kRaw, kPixels, "a third part"},
      {"only one"},
      {"{not json", kPixels},
      {"", ""},
      {R"([1, 2])", kPixels},
      {kRaw, "too short"},
      {R"({"msg": "old", "dtype": "uint8", "shape": [4294967296, 4294967296]})", kPixels},
      {R"({"msg": "old", "dtype": "uint8", "shape": [-2, -2, 3]})", kPixels},
      {R"({"msg": "old", "dtype": "object", "shape": [2, 2, 3]})", kPixels},
      {R"({"msg": "old"})", "no picture"},
      {std::string(2000, '[') + std::string(2000, ']'), kPixels},
  };
  OldSender sender(pair.address);
  std::string picture = kPixels;
  for (const auto& message : bad) {
    INFO(message[0].substr(0, 100));
    ++picture[0];
    CHECK(sender.ask(message).substr(0, 5) == "ERROR");
    CHECK(sender.ask({kRaw, picture}) == "OK");
  }
  const double longest = pair.undisturbed();
  CHECK(pair.books["failed"] == bad.size());
  CHECK(pair.books["sources"]["old"]["in"] == bad.size());
  row("three parts, bad JSON, shapes that don't fit: {} sent, {} counted, each time the sender's "
      "next "
      "frame was taken; the good node's frames at most {:.0f} ms apart",
      bad.size(), pair.books["failed"].dump(), 1000 * longest);
}

TEST_CASE("oversize messages cut their sender's link only, and it recovers") {
  GoodPair pair("max_message = \"100kB\"");
  // Its pictures of a megabyte never pass; those of the same node's other camera do.
  Running greedy(fmt::format(R"(
[stage.large]
type = "capture.synthetic"
source = "large"
rate = 0.5
[stage.small]
type = "capture.synthetic"
source = "small"
width = 160
height = 120
format = "gray8"
rate = 20
[stage.uplink]
type = "transport.send"
from = ["large", "small"]
connect = "tcp://{}"
[stage.events]
type = "log.events"
)",
                             pair.address));
  for (int i = 0; i < 3; ++i) {
    const double now = utc_s();
    REQUIRE(greedy.wait_for("link.down", now));
    REQUIRE(pair.probe.flows("small", 5));
  }
  CHECK(pair.probe.count("large") == 0);
  const auto sent = greedy.report();
  adds_up(sent);
  const auto& uplink = sent["stages"]["uplink"];
  const auto& large = uplink["sources"]["large"];
  CHECK(large["dropped"]["link_lost"] == large["in"]);
  const double longest = pair.undisturbed();
  row("oversize: {} messages, all counted by the sender as lost; {} of its others passed; the good "
      "node's frames at most {:.0f} ms apart",
      uplink["sources"]["large"]["in"].dump(), pair.books["sources"]["small"]["in"].dump(),
      1000 * longest);
}
