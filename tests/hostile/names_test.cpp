// Devices with keys that take names which aren't theirs, where the hub connects to them.

#include "catch.hpp"
#include "hostile/shipped.hpp"

using namespace test;

namespace {

// A device that listens, as a publisher does, and pushes.
struct Device {
  Device(const Keys& keys, const std::string& name) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndtimeo, 20'000);
    socket.set(zmq::sockopt::rcvtimeo, 20'000);
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_secretkey, key_text(keys.secret_of(name), "secret-key"));
    socket.bind(endpoint);
  }
  std::string ask(const std::string& as) {
    const auto header = header_of(as, "uint8", "[2, 2]");
    socket.send(zmq::message_t(), zmq::send_flags::sndmore);
    socket.send(zmq::buffer(header), zmq::send_flags::sndmore);
    socket.send(zmq::str_buffer("abcd"));
    zmq::message_t part;
    do {
      if (!socket.recv(part)) return "(no reply)";
    } while (part.more());
    return part.to_string();
  }
  const std::string endpoint = "tcp://" + free_address();
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::dealer};
};

}  // namespace

TEST_CASE("a device can't take another's name where the hub connects to both") {
  const Keys keys({"hub", "pi", "pi-garage"});
  Device pi(keys, "pi"), garage(keys, "pi-garage");
  Running hub(fmt::format(R"(
[stage.cameras]
type     = "transport.receive"
connect  = ["{}", "{}"]
security = "curve"
key      = "{}"
peer_key = ["{}", "{}"]
[stage.end]
type = "sink.discard"
from = "cameras"
)",
                          pi.endpoint, garage.endpoint, keys.secret_of("hub"), keys.of("pi"),
                          keys.of("pi-garage")));
  CHECK(pi.ask("pi-garage").substr(0, 5) == "ERROR");
  CHECK(pi.ask("pi-garage-2").substr(0, 5) == "ERROR");
  CHECK(pi.ask("pi-shed") == "OK");
  CHECK(garage.ask("pi-garage") == "OK");
  CHECK(garage.ask("pi").substr(0, 5) == "ERROR");
  CHECK(pi.ask("pi") == "OK");
  const auto report = hub.report();
  CHECK(report["stages"]["cameras"]["dropped"]["not_its_name"] == 3);
}

TEST_CASE("a device that takes all names leaves other devices theirs") {
  ShippedHub hub({"request", "tcp", true});
  auto eve = hub.stranger("eve");
  for (int i = 0; i < 400; ++i)
    eve.ask({header_of(fmt::format("eve-{}", i), "uint8", "[2, 2]"), "abcd"});
  auto porch = hub.stranger("porch");
  porch.ask({header_of("porch-back", "uint8", "[2, 2]"), "abcd"});
  hub.camera_goes_on(40);  // figures are taken once a second
  CHECK(hub.frames("cameras", "porch-back") == 1);
  CHECK(porch.ask({header_of("eve-1", "uint8", "[2, 2]"), "abcd"}).substr(0, 5) == "ERROR");

  hub.end();
}
