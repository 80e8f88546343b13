// The binary as users call it: the shipped graphs, in processes of their own.

#include <csignal>

#include "catch.hpp"
#include "running.hpp"
#include "skip.hpp"

using namespace test;
using nlohmann::json;

namespace {

std::vector<std::string> set(std::vector<std::string> command,
                             const std::vector<std::string>& sets) {
  for (const auto& s : sets) command.insert(command.end(), {"--set", s});
  return command;
}

// hub.toml at another address, its page on any free port.
std::vector<std::string> hub(const std::string& address, const std::string& report) {
  return set(sluice({"run", "configs/hub.toml", "--report", report}),
             {"stage.cameras.bind=tcp://" + address, "stage.show.listen=127.0.0.1:0",
              "dashboard.listen=127.0.0.1:0"});
}
std::vector<std::string> pi(const std::string& address, const std::string& report) {
  return set(sluice({"run", "configs/pi.toml", "--report", report}),
             {"stage.uplink.connect=tcp://" + address, "stage.camera.source=pi-garage"});
}

}  // namespace

TEST_CASE("pi and hub: with block mailboxes every frame of a video arrives, in order, none twice") {
  const auto video = example_video().string();
  const Folder folder;
  const auto address = free_address();
  const auto hub_report = (folder.path() / "hub.json").string();
  const auto pi_report = (folder.path() / "pi.json").string();
  Process at_hub(set(hub(address, hub_report), {"stage.decode.mailbox.when_full=block",
                                                "stage.motion.mailbox.when_full=block",
                                                "stage.show.mailbox.when_full=block"}));
  REQUIRE(at_hub.says("listening on tcp://"));
  Process at_pi(set(pi(address, pi_report),
                    {"stage.camera.type=capture.video", "stage.camera.uri=" + video,
                     "stage.camera.realtime=false", "stage.jpeg.mailbox.when_full=block",
                     "stage.uplink.mailbox.when_full=block"}));
  REQUIRE(at_pi.wait() == 0);  // by itself, as the video has ended
  at_hub.signal(SIGTERM);
  REQUIRE(at_hub.wait() == 0);

  const auto node = read_json(pi_report);
  const auto at_end = read_json(hub_report);
  adds_up(node);
  adds_up(at_end);
  CHECK(node["stages"]["uplink"]["out"] == 795);
  for (const char* stage : {"cameras", "decode", "motion", "show"}) {
    INFO(stage);
    const auto& s = at_end["stages"][stage];
    CHECK(s["in"] == 795);
    CHECK(s["out"] == 795);
    // 795 came, the last is number 794 and none is missing: each came once, in order.
    CHECK(s["sources"]["pi-garage"]["in"] == 795);
    CHECK(s["sources"]["pi-garage"]["missing"] == 0);
    CHECK(s["sources"]["pi-garage"]["last_sequence"] == 794);
  }
  CHECK(at_end["events"]["motion.began"] >= 1);
  CHECK(at_hub.out().find("\"event\":\"motion.began\"") != std::string::npos);
}

TEST_CASE("a camera far faster than its hub: the books of both add up") {
  const Folder folder;
  const auto address = free_address();
  const auto hub_report = (folder.path() / "hub.json").string();
  const auto pi_report = (folder.path() / "pi.json").string();
  const auto node = folder.write(
      "node.toml", jpeg_node_graph(address, "source = \"pi-garage\"\nrate = 0\nframes = 5000"));
  Process at_hub(hub(address, hub_report));
  REQUIRE(at_hub.says("listening on tcp://"));
  Process at_pi(sluice({"run", node, "--report", pi_report}));
  REQUIRE(at_pi.wait() == 0);
  at_hub.signal(SIGTERM);
  REQUIRE(at_hub.wait() == 0);
  const auto sent = read_json(pi_report);
  const auto got = read_json(hub_report);
  adds_up(sent);
  adds_up(got);
  CHECK(sent["stages"]["camera"]["in"] == 5000);
  CHECK(sent["stages"]["jpeg"]["dropped"]["mailbox_full"] > 0);
  CHECK(sent["stages"]["uplink"]["out"] == got["stages"]["cameras"]["out"]);
  // The hub sees what was dropped before it as gaps.
  CHECK(got["stages"]["cameras"]["sources"]["pi-garage"]["missing"] > 0);
}

TEST_CASE("a hub drops what is too much before it is decoded") {
  const Folder folder;
  const auto address = free_address();
  const auto report = (folder.path() / "hub.json").string();
  const auto node = folder.write("node.toml", R"(
[stage.camera]
type = "capture.synthetic"
source = "pi-garage"
rate = 0
frames = 200

[stage.jpeg]
type = "encode.jpeg"
from = "camera"
mailbox = { when_full = "block" }

[stage.uplink]
type = "transport.send"
from = "jpeg"
mailbox = { when_full = "block" }
connect = "tcp://)" + address + "\"\n");
  // To look for motion takes several times as long as to decode.
  Process at_hub(
      set(hub(address, report), {"stage.motion.method=mog2", "stage.motion.scale=1",
                                 "stage.motion.blur=20", "stage.show.mailbox.when_full=block"}));
  REQUIRE(at_hub.says("listening on tcp://"));
  Process at_node(sluice({"run", node}));
  REQUIRE(at_node.wait() == 0);
  at_hub.signal(SIGTERM);
  REQUIRE(at_hub.wait() == 0);
  const auto books = read_json(report);
  adds_up(books);
  const auto& stages = books["stages"];
  CHECK(stages["cameras"]["out"] == 200);
  CHECK(stages["decode"]["dropped"]["mailbox_full"] > 0);
  CHECK(stages["motion"]["dropped"].empty());
  CHECK(stages["motion"]["in"] == stages["decode"]["out"]);
  CHECK(stages["show"]["out"] == stages["decode"]["out"]);
}

TEST_CASE("SIGTERM under load: exit 0, and the report is written and adds up") {
  const Folder folder;
  const auto report = (folder.path() / "report.json").string();
  const auto address = free_address();
  const std::string port = address.substr(address.find(':') + 1);
  setenv("DEMO_PORT", port.c_str(), 1);
  Process demo(set(sluice({"run", "configs/demo.toml", "--report", report}),
                   {"stage.porch.rate=0", "stage.garage.rate=0", "stage.garden.rate=0",
                    "stage.show.listen=127.0.0.1:0", "dashboard.listen=127.0.0.1:0"}));
  REQUIRE(demo.says("motion.began"));
  demo.signal(SIGTERM);
  CHECK(demo.wait() == 0);
  const auto books = read_json(report);
  adds_up(books);
  CHECK(books["stages"]["motion"]["sources"].size() == 3);
}

TEST_CASE("a second signal ends it at once") {
  const Folder folder;
  // A full mailbox behind a hub that isn't there takes all of the time for draining.
  const auto graph = folder.write("stuck.toml", R"(
drain = "30s"
mailbox = { when_full = "block" }
[stage.camera]
type = "capture.synthetic"
[stage.uplink]
type = "transport.send"
from = "camera"
connect = "tcp://)" + free_address() + "\"\n");
  Process process(sluice({"run", graph, "--status"}));
  REQUIRE(process.says(" | synthetic "));
  process.signal(SIGTERM);
  CHECK(process.wait(std::chrono::seconds(1)) == -1);
  process.signal(SIGTERM);
  CHECK(process.wait(std::chrono::seconds(20)) == 1);
}

TEST_CASE("five mistakes are five errors, each at its line and column, exit status 2") {
  const Folder folder;
  const auto graph = folder.write("bad.toml", R"([stage.camera]
type = "capture.syntetic"

[stage.made-up]
type = "capture.synthetic"
widht = 640
rate = "fast"

[stage.uplink]
type = "transport.send"
from = "camrea"
window = 100
connect = "tcp://127.0.0.1:5555"
)");
  for (const char* verb : {"check", "run"}) {
    Process process(sluice({verb, graph}));
    CHECK(process.wait() == 2);
    const auto text = process.err();
    INFO(text);
    for (const char* place :
         {":2:8: error:", ":6:1: error:", ":7:8: error:", ":11:8: error:", ":12:10: error:"})
      CHECK(text.find(graph + place) != std::string::npos);
    CHECK(text.find("did you mean 'capture.synthetic'?") != std::string::npos);
    CHECK(text.find("did you mean 'camera'?") != std::string::npos);
  }
}

TEST_CASE("a stage that works for nobody is a warning, and no mistake") {
  Process check(sluice({"check", "configs/pi.toml", "--set", "stage.uplink.from=camera"}));
  CHECK(check.wait() == 0);
  CHECK(check.out() == "configs/pi.toml: good, 3 stages\n");
  INFO(check.err());
  CHECK(check.err().find("configs/pi.toml:14:8: warning: nobody takes what 'jpeg' (encode.jpeg) "
                         "gives [goes-nowhere]") != std::string::npos);
}

TEST_CASE("what can't work is one clear line and the right exit status") {
  struct Case {
    std::vector<std::string> arguments;
    int status;
    const char* says;
  };
  const Folder folder;
  const auto noise = [] {
    std::string text(10 << 20, '\0');
    unsigned n = 1;
    for (auto& c : text) c = static_cast<char>((n = n * 1664525 + 1013904223) >> 24);
    return text;
  }();
  const auto video =
      folder.write("video.toml",
                   "[stage.camera]\ntype = \"capture.video\"\nuri = \"/no/such.avi\"\n"
                   "[stage.end]\ntype = \"sink.discard\"\nfrom = \"camera\"\n");
  const auto device =
      folder.write("device.toml",
                   "[stage.camera]\ntype = \"capture.video\"\nuri = \"/dev/video77\"\n"
                   "[stage.end]\ntype = \"sink.discard\"\nfrom = \"camera\"\n");
  const std::vector<Case> cases{
      {{"run", "no-such-graph"}, 2, "no-such-graph"},
      {{"run", folder.path().string()}, 2, "folder"},
      {{"run", folder.write("empty.toml", "")}, 2, "empty.toml"},
      {{"run", folder.write("noise.toml", noise)}, 2, "noise.toml"},
      {{"run", folder.write("utf.toml", "name = \"\xff\xfe\"\n")}, 2, "utf.toml"},
      {{"run", video}, 1, "/no/such.avi"},
      {{"run", device}, 1, "/dev/video77"},
      {{"run", "configs/hub.toml", "--for", "soon"}, 2, "--for takes a duration"},
      {{"run"}, 2, "GRAPH"},
      {{"fly"}, 2, ""},
      {{"stages", "encode.jpg"}, 2, "did you mean 'encode.jpeg'?"},
      {{"run", "configs/hub.toml", "--set", "stage.decod.scale=1/2"}, 2, "did you mean 'decode'?"},
      {{"check", "configs/hub.toml", "--set", "stage.cameras.bind=tcp://*:5555"},
       2,
       "by other machines"},
      {{"run", "configs/hub.toml", "--set", "stage.cameras.bind=tcp://*:5555"},
       2,
       "by other machines"},
  };
  for (const auto& c : cases) {
    std::string call;
    for (const auto& word : c.arguments) call += word + " ";
    INFO(call);
    Process process(sluice(c.arguments));
    CHECK(process.wait() == c.status);
    const auto text = process.err();
    INFO(text.substr(0, 2000));
    CHECK(text.find(c.says) != std::string::npos);
    CHECK(text.size() < 5000);
  }
}

TEST_CASE("a port in use fails the start, and says what to do") {
  const auto address = free_address();
  const Folder folder;
  const auto graph = folder.write(
      "hub.toml", "[stage.hub]\ntype = \"transport.receive\"\nbind = \"tcp://" + address +
                      "\"\n[stage.end]\ntype = \"sink.discard\"\nfrom = \"hub\"\n");
  Process first(sluice({"run", graph}));
  REQUIRE(first.says("listening on"));
  Process second(sluice({"run", graph}));
  CHECK(second.wait() == 1);
  CHECK(second.err().find("stage 'hub': cannot listen on tcp://" + address) != std::string::npos);
  first.signal(SIGINT);
  CHECK(first.wait() == 0);
}

TEST_CASE("a report that can't be written is an error after the run, not a lost run") {
  Process process(sluice(
      {"run", "configs/demo.toml", "--for", "1s", "--set", "stage.show.listen=127.0.0.1:0", "--set",
       "dashboard.listen=127.0.0.1:0", "--set", "stage.uplink.connect=tcp://127.0.0.1:5599",
       "--set", "stage.cameras.bind=tcp://127.0.0.1:5599", "--report", "/no/such/folder/r.json"}));
  CHECK(process.wait() == 1);
  CHECK(process.err().find("cannot write /no/such/folder/r.json") != std::string::npos);
  CHECK(process.err().find("motion.detect") != std::string::npos);  // the table came all the same
}
