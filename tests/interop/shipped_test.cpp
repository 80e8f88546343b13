// The graphs that are shipped for imagezmq's and imagehub's users, with real programs.

#include <csignal>

#include "catch.hpp"
#include "eventually.hpp"
#include "interop/peers.hpp"

using namespace test;
using nlohmann::json;

namespace {

// With a synthetic camera in place of a Pi's.
std::vector<std::string> with_camera(std::vector<std::string> call) {
  call.insert(call.end(), {"--set", "stage.camera.type=capture.synthetic", "--set",
                           "stage.camera.width=64", "--set", "stage.camera.height=48"});
  return call;
}

void end(Process& process) {
  process.signal(SIGTERM);
  const int status = process.wait();
  INFO(process.err());
  CHECK(status == 0);
}

}  // namespace

TEST_CASE("configs/pi-publish.toml is read by an ImageHub that subscribes") {
  const bool images = GENERATE(false, true);
  const auto address = "tcp://" + free_address();
  std::vector<std::string> hub_call{address, "--publish"};
  auto call =
      with_camera({"run", "configs/pi-publish.toml", "--set", "stage.uplink.bind=" + address});
  if (images)
    call.insert(call.end(), {"--set", "stage.uplink.peer=imagezmq-images"});
  else
    hub_call.emplace_back("--jpg");
  Process hub(python("hub.py", hub_call));
  Process pi(sluice(call));
  const bool fed = tells(hub, "sum", 20);
  INFO(hub.err() << pi.err());
  REQUIRE(fed);
  for (const auto& frame : told(hub)) CHECK(frame["shape"] == json({48, 64, 3}));
  end(pi);
}

TEST_CASE("configs/hub-subscribe.toml takes what an ImageSender publishes") {
  const Folder folder;
  const auto report = (folder.path() / "report.json").string();
  const auto address = "tcp://" + free_address();
  Process camera(python("sender.py", {address, "--publish", "--msg", "\"garage\""}));
  Process hub(sluice({"run", "configs/hub-subscribe.toml", "--report", report, "--set",
                      "stage.cameras.connect=" + address, "--set", "stage.show.listen=127.0.0.1:0",
                      "--set", "dashboard.listen=127.0.0.1:0"}));
  // Noise is motion, and its event tells that pictures have come all the way.
  const bool seen = eventually([&] { return hub.out().find("motion.began") != std::string::npos; });
  INFO(hub.err() << camera.err());
  CHECK(seen);
  end(hub);
  const auto stages = read_json(report)["stages"];
  INFO(stages.dump(2));
  CHECK(stages["show"]["sources"]["garage"]["in"] > 0);
  for (const auto& [name, stage] : stages.items()) CHECK(stage["failed"] == 0);
}

TEST_CASE("configs/pi-imagehub.toml has its pictures stored and its motion logged by imagehub") {
  const auto address = "tcp://" + free_address();
  Process hub(python("imagehub.py", {address}));
  Process pi(sluice(
      with_camera({"run", "configs/pi-imagehub.toml", "--set", "stage.motion.from=camera", "--set",
                   "stage.uplink.connect=" + address, "--set", "stage.uplink.node=Front Garden"})));
  const bool logged = tells(hub, "logged", 2);
  const bool stored = tells(hub, "stored", 10);
  INFO(hub.err() << pi.err() << hub.out());
  REQUIRE(logged);
  REQUIRE(stored);
  const auto log = column(told(hub, "logged"), "logged");
  CHECK(log[0].starts_with("Front Garden|Restart|"));
  CHECK(log[1] == "Front Garden camera|motion|moving");
  for (const auto& picture : told(hub, "stored")) CHECK(picture["stored"] == "Front-Garden-camera");
  CHECK(told(hub, "thrown_away").empty());
  end(pi);
}
