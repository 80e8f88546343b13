// pyzmq's CURVE with keys that `sluice keygen` has made, on either side.

#include <csignal>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;
namespace fs = std::filesystem;

namespace {

// Keys of a hub and of two cameras, only one of which the hub lets in.
class Keys {
 public:
  Keys() {
    for (const char* name : {"hub", "pi-garage", "stranger"}) {
      Process keygen(sluice({"keygen", name, "--folder", folder_.path().string()}));
      const int status = keygen.wait();
      INFO(keygen.err());
      REQUIRE(status == 0);
    }
    fs::create_directory(folder_.path() / "allowed");
    fs::copy_file(of("pi-garage"), folder_.path() / "allowed" / "pi-garage.key");
  }
  std::string of(const std::string& name) const { return (folder_.path() / (name + ".key")); }
  std::string secret_of(const std::string& name) const { return of(name) + "_secret"; }
  // Lines of a transport stage that binds, or of one that connects.
  std::string hub_lines() const {
    return "security = \"curve\"\nkey = \"" + secret_of("hub") + "\"\nallowed = \"" +
           (folder_.path() / "allowed").string() + "\"\n";
  }
  std::string node_lines() const {
    return "security = \"curve\"\nkey = \"" + secret_of("pi-garage") + "\"\npeer_key = \"" +
           of("hub") + "\"\n";
  }
  std::vector<std::string> camera(const std::string& address, const std::string& key) const {
    return python("sender.py", {address, "--msg", "\"pi-garage\"", "--key", secret_of(key),
                                "--hub-key", of("hub")});
  }

 private:
  Folder folder_;
};

}  // namespace

TEST_CASE("an ImageSender with CURVE keys is let in, one with unknown keys or none is not") {
  const Keys keys;
  const auto in = "tcp://" + free_address();
  Running hub(hub_graph(binds(in) + keys.hub_lines()));
  Process stranger(keys.camera(in, "stranger"));
  const bool refused = hub.process().says("peer.refused");
  INFO(hub.process().err() << stranger.err());
  REQUIRE(refused);
  Process plain(python("sender.py", {in, "--msg", "\"pi-garage\""}));
  auto call = keys.camera(in, "pi-garage");
  call.insert(call.end(), {"--count", "40"});
  Process camera(call);
  const int status = camera.wait();
  INFO(camera.err() << hub.process().err());
  REQUIRE(status == 0);
  const auto cameras = hub.end()["cameras"];
  for (const auto& reply : column(told(camera, "reply"), "reply")) CHECK(reply == "OK");
  CHECK(cameras["in"] == 40);
  CHECK(cameras["out"] == 40);
  CHECK(told(stranger, "reply").empty());
  CHECK(told(plain, "reply").empty());
}

TEST_CASE("an ImageSender with CURVE keys has no other name than its device's") {
  const Keys keys;
  const auto in = "tcp://" + free_address();
  Running hub(hub_graph(binds(in) + keys.hub_lines()));
  Process camera(python("sender.py", {in, "--key", keys.secret_of("pi-garage"), "--hub-key",
                                      keys.of("hub"), "--count", "4", "--msg", "\"pi-garage\"",
                                      "\"porch\"", "\"pi-garage-left\"", "\"pi-garages\""}));
  REQUIRE(camera.wait() == 0);
  const auto stages = hub.end();
  INFO(stages.dump(2));
  CHECK(stages["end"]["in"] == 2);
  CHECK(stages["end"]["sources"]["pi-garage"]["in"] == 1);
  CHECK(stages["end"]["sources"]["pi-garage-left"]["in"] == 1);
  CHECK(stages["cameras"]["dropped"]["not_its_name"] == 2);
}

TEST_CASE("Sluice sends to an ImageHub with CURVE keys") {
  const Keys keys;
  const auto out = "tcp://" + free_address();
  Process hub(python("hub.py", {out, "--key", keys.secret_of("hub")}));
  const auto uplink =
      Running(node_graph({"pi-garage", "rate = 100\n", connects(out) + keys.node_lines()}))
          .until(hub, 20)["uplink"];
  CHECK(uplink["failed"] == 0);
  for (const auto& name : column(told(hub), "msg")) CHECK(name == "pi-garage");
}

TEST_CASE("pyzmq takes the keys that sluice keygen makes") {
  const Keys keys;
  const auto address = "tcp://" + free_address();
  Process hub(python("hub.py", {address, "--key", keys.secret_of("hub")}));
  Process camera(keys.camera(address, "pi-garage"));
  const bool fed = tells(hub, "sum", 20);
  INFO(hub.err() << camera.err());
  REQUIRE(fed);
}
