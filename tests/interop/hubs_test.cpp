// Many senders at one hub, and ImageHubs that are slow, odd or started again.

#include <csignal>
#include <map>
#include <set>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;

namespace {

using Sums = std::vector<std::string>;

}  // namespace

TEST_CASE("old and new senders share one port, and get on with each other") {
  const auto in = "tcp://" + free_address();
  const auto out = "tcp://" + free_address();
  Running relay(relay_graph(binds(in), connects(out)));
  Process hub(python("hub.py", {out}));
  std::map<std::string, std::unique_ptr<Process>> old_ones;
  for (const std::string n : {"1", "2", "3"})
    old_ones["old" + n] = std::make_unique<Process>(
        python("sender.py", {in, "--count", "40", "--seed", n, "--msg", "\"old" + n + "\""}));
  const Folder folder;
  std::map<std::string, std::unique_ptr<Process>> new_ones;
  for (const std::string name : {"new1", "new2"})
    new_ones[name] = std::make_unique<Process>(
        sluice({"run", folder.write(name + ".toml",
                                    node_graph({name, "rate = 0\nframes = 40\n", connects(in)}))}));
  for (auto& [name, sender] : old_ones) REQUIRE(sender->wait() == 0);
  for (auto& [name, sender] : new_ones) REQUIRE(sender->wait() == 0);
  REQUIRE(tells(hub, "sum", 200));
  const auto cameras = relay.end()["cameras"];

  std::map<std::string, Sums> got;
  for (const auto& frame : told(hub)) got[frame["msg"]].push_back(frame["sum"]);
  CHECK(got.size() == 5);
  for (auto& [name, sender] : old_ones) CHECK(got[name] == column(told(*sender)));
  for (auto& [name, sender] : new_ones) {
    CHECK(got[name].size() == 40);
    CHECK(std::set<std::string>(got[name].begin(), got[name].end()).size() == 40);
  }
  INFO(cameras.dump(2));
  CHECK(cameras["failed"] == 0);
  for (const auto& [name, source] : cameras["sources"].items()) {
    INFO(name);
    CHECK(source["in"] == 40);
    CHECK(source["missing"] == 0);
  }
}

TEST_CASE("the shipped hub takes an ImageSender's pixels and another's JPEGs") {
  const Folder folder;
  const auto report = (folder.path() / "report.json").string();
  const auto address = "tcp://" + free_address();
  Process hub(sluice({"run", "configs/hub.toml", "--report", report, "--set",
                      "stage.cameras.bind=" + address, "--set", "stage.show.listen=127.0.0.1:0",
                      "--set", "dashboard.listen=127.0.0.1:0"}));
  Process pixels(python("sender.py", {address, "--count", "20", "--msg", "\"pixels\""}));
  Process jpegs(python("sender.py", {address, "--count", "20", "--msg", "\"jpegs\"", "--jpg"}));
  REQUIRE(pixels.wait() == 0);
  REQUIRE(jpegs.wait() == 0);
  hub.signal(SIGTERM);
  REQUIRE(hub.wait() == 0);
  const auto stages = read_json(report)["stages"];
  INFO(stages.dump(2));
  for (const auto& [name, stage] : stages.items()) CHECK(stage["failed"] == 0);
  for (const char* source : {"pixels", "jpegs"}) CHECK(stages["show"]["sources"][source]["in"] > 0);
}

TEST_CASE("with 8 frames under way to an ImageHub that is slow, all arrive in order") {
  const auto in = "tcp://" + free_address();
  const auto out = "tcp://" + free_address();
  Running relay(relay_graph(binds(in), "window = 8\n" + connects(out)));
  Process hub(python("hub.py", {out, "--slow", "0.02"}));
  Process camera(python("sender.py", {in, "--count", "60", "--rate", "1000"}));
  REQUIRE(camera.wait() == 0);
  REQUIRE(tells(hub, "sum", 60));
  CHECK(relay.end()["uplink"]["out"] == 60);
  CHECK(column(told(hub)) == column(told(camera)));
}

TEST_CASE("whatever an ImageHub answers acknowledges the frame") {
  const auto in = "tcp://" + free_address();
  const auto out = "tcp://" + free_address();
  Running relay(relay_graph(binds(in), connects(out)));
  Process hub(
      python("hub.py", {out, "--reply", "OK", "thanks", "", "0", "\xC3\xBF", "ok {}", "OK {",
                        "OK []", R"(OK {"seq": "x"})", R"(OK {"seq": 1e400, "received": -1})"}));
  Process camera(python("sender.py", {in, "--count", "40"}));
  REQUIRE(camera.wait() == 0);
  REQUIRE(tells(hub, "sum", 40));
  const auto uplink = relay.end()["uplink"];
  CHECK(column(told(hub)) == column(told(camera)));
  INFO(uplink.dump(2));
  CHECK(uplink["out"] == 40);
  CHECK(uplink["failed"] == 0);
}

TEST_CASE("a Sluice node goes on when its ImageHub is started again") {
  const auto out = "tcp://" + free_address();
  const auto hub_call = python("hub.py", {out});
  Running node(node_graph({"garage", "rate = 100\n", connects(out)}));
  Sums sums;
  for (int life = 0; life < 3; ++life) {
    Process hub(hub_call);
    const bool fed = tells(hub, "sum", 20);
    INFO(hub.err() << node.process().err());
    REQUIRE(fed);
    hub.signal(SIGKILL);
    REQUIRE(hub.wait() == 128 + SIGKILL);
    for (const auto& frame : told(hub)) {
      CHECK(frame["msg"] == "garage");
      sums.push_back(frame["sum"]);
    }
  }
  CHECK(std::set<std::string>(sums.begin(), sums.end()).size() == sums.size());  // none came twice
  CHECK(node.end()["uplink"]["failed"] == 0);
}
