// pyzmq's CURVE with keys that `sluice keygen` has made.

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;

namespace {

class Keys {
 public:
  Keys() {
    for (const char* name : {"hub", "pi-garage"}) {
      Process keygen(sluice({"keygen", name, "--folder", folder_.path().string()}));
      const int status = keygen.wait();
      INFO(keygen.err());
      REQUIRE(status == 0);
    }
  }
  std::string of(const std::string& name) const { return folder_.path() / (name + ".key"); }
  std::string secret_of(const std::string& name) const { return of(name) + "_secret"; }

 private:
  Folder folder_;
};

}  // namespace

TEST_CASE("pyzmq takes the keys that sluice keygen makes") {
  const Keys keys;
  const auto address = "tcp://" + free_address();
  Process hub(python("hub.py", {address, "--key", keys.secret_of("hub")}));
  Process camera(python(
      "sender.py", {address, "--key", keys.secret_of("pi-garage"), "--hub-key", keys.of("hub")}));
  const bool fed = tells(hub, "sum", 20);
  INFO(hub.err() << camera.err());
  REQUIRE(fed);
}
