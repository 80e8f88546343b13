// Who gets in, on real sockets: a hub with a ZAP handler and a folder of allowed keys.

#include "transport/zap_handler.hpp"

#include <future>
#include <sluice/testkit.hpp>

#include "catch.hpp"
#include "key_folder.hpp"
#include "transport/curve.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using testkit::FakeClock;
using testkit::KeyFolder;

namespace {

constexpr auto kLongEnough = 20'000;  // ms, for what must come

// A PULL that binds, its context's handler and what its monitor tells. The clock is moved by the
// test, so that it says when the folder is looked at again.
struct Hub {
  KeyFolder folder;
  FakeClock clock;
  KeyPair own = new_keys();
  zmq::context_t context{1};
  AllowedKeys allowed{folder.path(), clock};
  std::optional<ZapHandler> handler{std::in_place, context, allowed};
  zmq::socket_t socket{context, zmq::socket_type::pull};
  zmq::socket_t monitor{context, zmq::socket_type::pair};
  std::string address;

  Hub() {
    serve_curve(socket, own);
    start();
  }
  struct Plain {};
  // One that forgot to ask for CURVE, but not ZAP.
  Hub(Plain, bool null) {
    if (!null) socket.set(zmq::sockopt::plain_server, true);
    socket.set(zmq::sockopt::zap_domain, "sluice");
    start();
  }
  void start() {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, kLongEnough);
    monitor.set(zmq::sockopt::linger, 0);
    monitor.set(zmq::sockopt::rcvtimeo, kLongEnough);
    REQUIRE(zmq_socket_monitor(socket.handle(), "inproc://news",
                               ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                   ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                   ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) == 0);
    monitor.connect("inproc://news");
    socket.bind("tcp://127.0.0.1:*");
    address = socket.get(zmq::sockopt::last_endpoint);
  }
  ~Hub() { zmq_socket_monitor(socket.handle(), nullptr, 0); }

  // How the next handshake went.
  int outcome() {
    zmq::message_t event, peer;
    REQUIRE(monitor.recv(event));
    REQUIRE(monitor.recv(peer));
    std::uint16_t number = 0;
    std::memcpy(&number, event.data(), sizeof number);
    return number;
  }
  // The next message: its text, and the properties of the peer that sent it.
  struct Got {
    std::string text, device, key;
  };
  Got receive() {
    zmq::message_t message;
    REQUIRE(socket.recv(message));
    return {message.to_string(), message.gets(zap::kDeviceProperty),
            message.gets(zap::kKeyProperty)};
  }
  bool nothing_came() {
    zmq::message_t message;
    return !socket.recv(message, zmq::recv_flags::dontwait);
  }
};

// A PUSH that connects, with one message to send.
struct Node {
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::push};
  Node() { socket.set(zmq::sockopt::linger, 0); }
  Node(const Hub& hub, const KeyPair& pair) : Node() {
    use_curve(socket, pair, hub.own.public_key);
    send(hub, "frame");
  }
  void send(const Hub& hub, const std::string& text) {
    socket.connect(hub.address);
    REQUIRE(socket.send(zmq::buffer(text)));
  }
};

}  // namespace

TEST_CASE("an allowed key gets in, and its messages tell the device and the key") {
  Hub hub;
  const auto garage = new_keys(), porch = new_keys();
  hub.folder.allow("pi-garage", garage.public_key);
  hub.folder.allow("pi-porch", porch.public_key);
  hub.clock.advance(1s);
  {
    const Node node(hub, garage);
    const auto got = hub.receive();
    CHECK(got.text == "frame");
    CHECK(got.device == "pi-garage");
    CHECK(got.key == garage.public_key);
  }
  const Node node(hub, porch);
  CHECK(hub.receive().device == "pi-porch");
  CHECK(hub.handler->take_refused().count == 0);
}

TEST_CASE("an unknown key is turned away, and told with its address") {
  Hub hub;
  hub.folder.allow("pi", new_keys().public_key);
  hub.clock.advance(1s);
  const auto stranger = new_keys();
  const Node node(hub, stranger);
  CHECK(hub.outcome() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  const auto refused = hub.handler->take_refused();
  CHECK(refused.count == 1);
  REQUIRE(refused.newest.size() == 1);
  CHECK(refused.newest[0].address == "127.0.0.1");
  CHECK(refused.newest[0].why ==
        "its key " + stranger.public_key.substr(0, 5) + "... is not among the allowed");
  CHECK(hub.nothing_came());
  CHECK(hub.handler->take_refused().count == 0);
}

TEST_CASE("a peer that does not know the hub's key, a plain one and one without any don't get in") {
  Hub hub;
  const auto pair = new_keys();
  hub.folder.allow("pi", pair.public_key);
  hub.clock.advance(1s);
  Node node;
  SECTION("another hub's key") { use_curve(node.socket, pair, new_keys().public_key); }
  SECTION("PLAIN") {
    node.socket.set(zmq::sockopt::plain_username, "pi");
    node.socket.set(zmq::sockopt::plain_password, "pi");
  }
  SECTION("NULL") {}
  node.send(hub, "frame");
  CHECK(hub.outcome() != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  // And the hub still takes who is allowed.
  const Node good(hub, pair);
  CHECK(hub.receive().device == "pi");
  CHECK(hub.nothing_came());
}

TEST_CASE("the handler turns PLAIN and NULL away where a socket should let them come so far") {
  const bool null = GENERATE(false, true);
  Hub hub(Hub::Plain{}, null);
  Node node;
  if (!null) {
    node.socket.set(zmq::sockopt::plain_username, "pi");
    node.socket.set(zmq::sockopt::plain_password, "hunter2");
  }
  node.send(hub, "frame");
  CHECK(hub.outcome() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  const auto refused = hub.handler->take_refused();
  REQUIRE(refused.newest.size() == 1);
  CHECK(refused.newest[0].why.find(null ? "it comes with NULL" : "it comes with PLAIN") == 0);
  CHECK(hub.nothing_came());
}

TEST_CASE("a key allowed later gets in by a new socket, and nothing else is restarted") {
  Hub hub;
  const auto late = new_keys();
  {
    const Node node(hub, late);
    CHECK(hub.outcome() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  }
  hub.folder.allow("late", late.public_key);
  hub.clock.advance(1s);
  const Node node(hub, late);
  CHECK(hub.outcome() == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  CHECK(hub.receive().device == "late");
}

TEST_CASE("a revoked key is refused when it connects again, and no longer allowed meanwhile") {
  Hub hub;
  const auto pair = new_keys(), other = new_keys();
  hub.folder.allow("pi", pair.public_key);
  hub.folder.allow("other", other.public_key);
  hub.clock.advance(1s);
  const Node good(hub, other);
  CHECK(hub.outcome() == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  CHECK(hub.receive().device == "other");
  Node node(hub, pair);
  CHECK(hub.outcome() == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  const auto before = hub.receive();
  hub.folder.revoke("pi");
  hub.clock.advance(1s);
  // Its connection stands; whoever reads from it must ask.
  CHECK_FALSE(hub.allowed.allows(before.device));
  CHECK_FALSE(hub.allowed.device_of(before.key));
  node.socket.disconnect(hub.address);
  const Node again(hub, pair);
  CHECK(hub.outcome() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  CHECK(hub.handler->take_refused().count == 1);
  CHECK(hub.allowed.allows("other"));
}

TEST_CASE("of many refused peers the newest are told, and all are counted") {
  Hub hub;
  constexpr int kPeers = 70;
  for (int i = 0; i < kPeers; ++i) {
    const Node node(hub, new_keys());
    CHECK(hub.outcome() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  }
  const auto refused = hub.handler->take_refused();
  CHECK(refused.count == kPeers);
  CHECK(refused.newest.size() == 64);
}

TEST_CASE("garbage on the handler's own address is answered, and it goes on") {
  Hub hub;
  zmq::socket_t asker(hub.context, zmq::socket_type::req);
  asker.set(zmq::sockopt::linger, 0);
  asker.set(zmq::sockopt::rcvtimeo, kLongEnough);
  asker.connect("inproc://zeromq.zap.01");
  for (const int parts : {1, 2, 7, 40}) {
    for (int i = 0; i < parts; ++i)
      REQUIRE(asker.send(zmq::str_buffer("\xff\x00garbage"),
                         i + 1 < parts ? zmq::send_flags::sndmore : zmq::send_flags::none));
    std::vector<std::string> reply;
    for (bool more = true; more;) {
      zmq::message_t part;
      REQUIRE(asker.recv(part));
      reply.push_back(part.to_string());
      more = part.more();
    }
    REQUIRE(reply.size() == 6);
    CHECK(reply[2] == "500");
  }
  CHECK(hub.handler->take_refused().count == 4);
  const auto pair = new_keys();
  hub.folder.allow("pi", pair.public_key);
  hub.clock.advance(1s);
  const Node node(hub, pair);
  CHECK(hub.receive().device == "pi");
}

TEST_CASE("the handler is there before its constructor returns, once, and ends when told") {
  const KeyFolder folder;
  const FakeClock clock;
  AllowedKeys allowed(folder.path(), clock);
  zmq::context_t context(1);
  for (int i = 0; i < 50; ++i) {
    const ZapHandler handler(context, allowed);
    // Bound: the address is taken.
    CHECK_THROWS_AS(ZapHandler(context, allowed), zmq::error_t);
  }
  // Ended, also when its context has been shut down before.
  auto last = std::make_unique<ZapHandler>(context, allowed);
  context.shutdown();
  auto end = std::async(std::launch::async, [&] { last.reset(); });
  CHECK(end.wait_for(30s) == std::future_status::ready);
}

namespace {

// Fails in a way that nobody expects.
struct BrokenClock final : Clock {
  std::atomic<bool> broken{false};
  UtcTime utc() const override { return system().utc(); }
  SteadyTime steady() const override {
    if (broken) throw 42;  // NOLINT: what a foreign library might throw
    return system().steady();
  }
};

}  // namespace

TEST_CASE("whatever goes wrong while a peer is asked about, the next is asked about again") {
  const KeyFolder folder;
  const auto pi = new_keys(), own = new_keys();
  folder.allow("pi", pi.public_key);
  BrokenClock clock;
  zmq::context_t context{1};
  AllowedKeys allowed(folder.path(), clock);
  ZapHandler handler(context, allowed);
  zmq::socket_t hub(context, zmq::socket_type::pull);
  hub.set(zmq::sockopt::linger, 0);
  hub.set(zmq::sockopt::rcvtimeo, kLongEnough);
  serve_curve(hub, own);
  hub.bind("tcp://127.0.0.1:*");
  clock.broken = true;
  Node node;
  use_curve(node.socket, pi, own.public_key);
  node.socket.connect(hub.get(zmq::sockopt::last_endpoint));
  REQUIRE(node.socket.send(zmq::str_buffer("frame")));
  const auto until = std::chrono::steady_clock::now() + 20s;
  ZapHandler::Refusals refused;
  while (refused.count == 0 && std::chrono::steady_clock::now() < until)
    refused = handler.take_refused();
  REQUIRE(refused.count > 0);
  CHECK(refused.newest.at(0).why.find("something unknown went wrong") != std::string::npos);
  clock.broken = false;
  // It was told to come back later (500 would ban it; a new try is a new socket's).
  Node again;
  use_curve(again.socket, pi, own.public_key);
  again.socket.connect(hub.get(zmq::sockopt::last_endpoint));
  REQUIRE(again.socket.send(zmq::str_buffer("frame")));
  zmq::message_t message;
  CHECK(hub.recv(message));
}
