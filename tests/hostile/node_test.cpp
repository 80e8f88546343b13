// A camera's shipped node whose hub is none, or a bad one, beside a second hub that is good: the
// second gets every frame, and the first works as soon as a good one is in its place.

#include <chrono>
#include <thread>
#include <zmq.hpp>

#include "catch.hpp"
#include "contains.hpp"
#include "hostile/shipped.hpp"
#include "probe.hpp"
#include "tcp.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr double kMostNodeMib = 300;

// Stands where the node's hub should be.
class FalseHub {
 public:
  explicit FalseHub(const std::string& endpoint) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 20'000);
    socket_.bind(endpoint);
  }
  // Waits for a frame, which is not answered.
  void takes_one() {
    zmq::message_t part;
    REQUIRE(socket_.recv(part));
    who_ = part.to_string();
    while (part.more()) REQUIRE(socket_.recv(part));
  }
  // To whom that frame was from; lost where the node has no room for it, or is gone.
  void reply(const Parts& parts) {
    Parts all{who_, ""};
    all.insert(all.end(), parts.begin(), parts.end());
    for (std::size_t i = 0; i < all.size(); ++i)
      socket_.send(zmq::buffer(all[i]),
                   i + 1 < all.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }

 private:
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::router};
  std::string who_;
};

void floods_and_goes(const std::string& endpoint) {
  for (int i = 0; i < 2; ++i) {
    FalseHub hub(endpoint);
    hub.takes_one();
    std::string reply = R"(OK {"seq":18446744073709551615,"a":[)";
    for (int n = 0; n < 14'000; ++n) reply += "0,";
    reply += "0]}";
    // For as long as a node takes to look after its connections, and more than it can read: its
    // queue is full when the hub goes.
    const auto until = std::chrono::steady_clock::now() + 3s;
    while (std::chrono::steady_clock::now() < until) {
      for (int n = 0; n < 200; ++n) hub.reply({reply});
      std::this_thread::sleep_for(20ms);
    }
  }
}

void answers_nothing(const std::string& endpoint) {
  for (int i = 0; i < 2; ++i) {
    FalseHub hub(endpoint);
    hub.takes_one();
    hub.takes_one();
  }
}

void lies(const std::string& endpoint) {
  FalseHub hub(endpoint);
  hub.takes_one();
  std::string slow = R"(OK {"a":[)";
  for (int n = 0; n < 20'000; ++n) slow += "{},";
  for (const std::string& reply :
       {std::string("ERROR \xe2\x80\xae\x1b[2J\nnot a line\x07 of the node's"), std::string(),
        slow + "0]}", "OK " + std::string(12'000, '[') + std::string(12'000, ']'),
        "OK " + std::string(70'000, 'x'),
        std::string(R"(OK {"seq":0,"received":4611686018427387904,"sent":0})"),
        std::string(R"(OK {"seq":1,"received":-1,"sent":1e308})"),
        std::string(R"(OK {"seq":1e308})"), std::string("OK {\"seq\":\"\\ud800\"}")}) {
    hub.reply({reply});
    hub.reply(Parts(50, reply.substr(0, 100)));
  }
  hub.reply({});
  // Other numbers than those of the frames under way, and those; many times.
  for (int i = 0; i < 2000; ++i) {
    hub.reply({fmt::format(R"(OK {{"seq":{},"received":{},"sent":1}})", i, i * 1'000'000)});
    hub.reply({fmt::format("ERROR {}", i)});
  }
}

// What speaks no ZeroMQ, or only its beginning.
void speaks_otherwise(const std::string& endpoint) {
  const std::string greeting =
      std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01", 12) + "NULL" + std::string(48, '\0');
  const std::string large("\x06\0\0\0\0\x03\xc0\0\0", 9);
  TcpListener listener(endpoint.substr(endpoint.find("//") + 2));
  for (const auto& bytes :
       {std::string(), std::string(5000, '\xff'), std::string("HTTP/1.1 400 Bad\r\n\r\n"),
        greeting.substr(0, 30), greeting, greeting + std::string(3000, '\x01'),
        greeting + large + std::string(20 << 20, '\0')}) {
    auto node = listener.accept();
    node.send(bytes);
  }
}

struct Attack {
  const char* name;
  void (*run)(const std::string& endpoint);
};

}  // namespace

TEST_CASE("a node whose hub is a bad one goes on for its other hub, and for a good one") {
  const auto address = free_address();
  const auto endpoint = "tcp://" + address;
  const Probe good;
  Running node(shipped("pi", fmt::format(R"(
[stage.camera]
type   = "capture.synthetic"
source = "porch"
width  = 160
height = 120
rate   = 20
[stage.jpeg]
mailbox = {{ capacity = 100, when_full = "drop_oldest" }}
[stage.uplink]
connect = "{}"
[stage.second]
type    = "transport.send"
from    = "jpeg"
connect = "tcp://{}"
mailbox = {{ capacity = 100, when_full = "drop_oldest", max_age = "1m" }}
)",
                                         endpoint, good.address())),
               {"/usr/bin/env", "HOSTNAME=porch"});
  REQUIRE(good.flows("porch"));
  for (const auto& attack : {Attack{"floods with replies and goes", floods_and_goes},
                             Attack{"answers nothing", answers_nothing}, Attack{"lies", lies},
                             Attack{"speaks otherwise", speaks_otherwise}}) {
    INFO(attack.name);
    attack.run(endpoint);
    INFO(node.process().err());
    REQUIRE(good.flows("porch"));
  }
  const Probe next;
  {
    Running hub(hub_graph(address, next.address()));
    REQUIRE(next.flows("porch"));
    hub.report();
  }
  const auto said = node.process().err();
  CHECK_THAT(said, !ContainsSubstring("\xe2\x80\xae"));
  CHECK_THAT(said, !ContainsSubstring("\x1b"));
  CHECK_THAT(said, !ContainsSubstring("\nnot a line"));
  CHECK(std::count(said.begin(), said.end(), '\n') < 200);
  const auto report = node.report();
  adds_up(report);
  CHECK(report["stages"]["uplink"]["restarts"] == 0);
  const auto& second = report["stages"]["second"];
  for (const auto& [cause, count] : second["dropped"].items()) {
    INFO(second.dump());
    CHECK((cause == "no_reply" || cause == "shutdown"));
  }
  // Each frame that the second hub was sent has come, in order.
  const auto seen = good.seen("porch");
  for (std::size_t i = 1; i < seen.size(); ++i)
    REQUIRE(seen[i].sequence == seen[i - 1].sequence + 1);
#ifndef __SANITIZE_ADDRESS__
  CHECK(report["max_rss_bytes"].get<double>() / 1048576 <= kMostNodeMib);
#endif
  row("a node with a bad hub: {} frames at the other, none missing; {} lines in the log; at most "
      "{:.0f} MiB",
      seen.size(), std::count(said.begin(), said.end(), '\n'),
      report["max_rss_bytes"].get<double>() / 1048576);
}
