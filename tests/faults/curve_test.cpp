// Who gets into a hub that has keys: nobody but the devices in its folder.

#include <filesystem>

#include "catch.hpp"
#include "probe.hpp"
#include "running.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

// Made by `sluice keygen`, all in one folder, as if it were each device's own.
struct Keys {
  Keys() {
    std::filesystem::create_directory(allowed());
    for (const char* name : {"hub", "porch", "unknown", "revoked"}) {
      Process keygen(sluice({"keygen", name, "--folder", path("")}));
      REQUIRE(keygen.wait() == 0);
    }
  }
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }
  std::filesystem::path allowed() const { return folder.path() / "allowed"; }
  void allow(const std::string& name) const {
    std::filesystem::copy_file(path(name + ".key"), allowed() / (name + ".key"));
  }
  void revoke(const std::string& name) const {
    std::filesystem::remove(allowed() / (name + ".key"));
  }
  Folder folder;
};

const char* const kCamera = "width = 160\nheight = 120\nrate = 20";

}  // namespace

TEST_CASE(
    "plain, unknown and revoked peers at a CURVE hub: no frame gets in, until they are allowed") {
  const Keys keys;
  keys.allow("porch");
  keys.allow("revoked");
  const auto address = free_address();
  const Probe probe;
  const auto with_keys = [&](const std::string& name) {
    return fmt::format("security = \"curve\"\nkey = \"{}\"\npeer_key = \"{}\"",
                       keys.path(name + ".key_secret"), keys.path("hub.key"));
  };
  Running hub(hub_graph(address, probe.address(),
                        fmt::format("security = \"curve\"\nkey = \"{}\"\nallowed = \"{}\"",
                                    keys.path("hub.key_secret"), keys.allowed().string())));
  REQUIRE(hub.says("listening on"));
  Running good(node_graph("porch", address, kCamera, with_keys("porch")));
  std::optional<Running> revoked(std::in_place,
                                 node_graph("revoked", address, kCamera, with_keys("revoked")));
  REQUIRE(probe.flows("porch"));
  REQUIRE(probe.flows("revoked"));

  // Revoked, it gets nothing more in over the link that it has, and no new link.
  const double before = utc_s();
  keys.revoke("revoked");
  REQUIRE(probe.flows("porch", 60));
  const double last = probe.seen("revoked").back().arrived_s - before;
  CHECK(last < 2);
  revoked.emplace(node_graph("revoked", address, kCamera, with_keys("revoked")));
  const Running unknown(node_graph("unknown", address, kCamera, with_keys("unknown")));
  const Running plain(node_graph("plain", address));
  const auto of_revoked = probe.count("revoked");
  // Each has tried and been refused; the device of the good key too where it sends as another.
  Running impostor(node_graph("garage", address, kCamera, with_keys("porch")));
  REQUIRE(probe.flows("porch", 100));
  const auto refused = hub.wait_for("peer.refused", before);
  REQUIRE(refused);
  INFO(refused->dump());
  CHECK(!(*refused)["why"].get<std::string>().empty());
  CHECK(probe.count("unknown") == 0);
  CHECK(probe.count("plain") == 0);
  CHECK(probe.count("garage") == 0);
  CHECK(probe.count("revoked") == of_revoked);

  // Allowed now, with nothing restarted on either end.
  const double allowed = utc_s();
  keys.allow("unknown");
  const auto first = probe.wait_for("unknown", 0, [](const Seen&) { return true; });
  REQUIRE(first);
  CHECK(first->arrived_s - allowed < 15);
  CHECK(probe.count("plain") == 0);
  CHECK(probe.count("revoked") == of_revoked);
  const auto taken = hub.report();
  adds_up(taken);
  const auto& cameras = taken["stages"]["cameras"];
  CHECK(cameras["dropped"]["not_its_name"] > 0);
  CHECK_FALSE(cameras["sources"].contains("plain"));
  row("plain, unknown and revoked peers at a CURVE hub: 0 frames in, {} events; revoked, the last "
      "frame "
      "came after {:.2f} s; of the device under another's name {} dropped; allowed, the unknown "
      "one worked after {:.2f} s",
      hub.events("peer.refused").size(), std::max(0.0, last),
      cameras["dropped"]["not_its_name"].dump(), first->arrived_s - allowed);
}
