// sluice run --trace: a node and its hub, each with a file of its own, joined as `jq -s add` does.

#include <csignal>
#include <set>

#include "catch.hpp"
#include "clock.hpp"
#include "running.hpp"

using namespace test;
using nlohmann::json;

namespace {

// Many small pictures, so that the test takes as long as starting the processes does; none is lost.
std::string sending(const std::string& address) {
  return jpeg_node_graph(
      address, "source = \"porch\"\nwidth = 160\nheight = 120\nrate = 0\nframes = 100", kAllWait);
}

std::string decoding(const std::string& address) {
  return R"(
name = "hub"
mailbox = { when_full = "block" }
[stage.cameras]
type = "transport.receive"
bind = "tcp://)" +
         address + R"("
[stage.decode]
type = "decode.jpeg"
from = "cameras"
[stage.end]
type = "sink.discard"
from = "decode"
)";
}

// Both files as one, after node and hub have run until the node's video was over; `prefix` stands
// before the node's command.
json node_and_hub(std::vector<std::string> prefix = {}) {
  const Folder folder;
  const auto at = [&](const char* name) { return (folder.path() / name).string(); };
  const auto address = free_address();
  Process hub(sluice({"run", folder.write("hub.toml", decoding(address)), "--device", "attic",
                      "--trace", at("hub.json")}));
  REQUIRE(hub.says("listening on"));
  const auto run = sluice({"run", folder.write("node.toml", sending(address)), "--device", "garden",
                           "--trace", at("node.json")});
  prefix.insert(prefix.end(), run.begin(), run.end());
  Process node(prefix);
  CHECK(node.wait() == 0);
  INFO(node.err());
  hub.signal(SIGTERM);
  REQUIRE(hub.wait() == 0);
  json both = read_json(at("node.json"));
  for (const auto& event : read_json(at("hub.json"))) both.push_back(event);
  return both;
}

void well_formed(const json& events) {
  REQUIRE(events.is_array());
  bool good = true;
  std::set<json> named;
  for (const auto& event : events) {
    INFO(event.dump());
    good = good && event["pid"].is_number_unsigned() && event["name"].is_string();
    const auto phase = event["ph"].get<std::string>();
    if (phase == "M") {
      if (event["name"] == "thread_name") named.insert(json::array({event["pid"], event["tid"]}));
      good = good && event["args"].is_object();
    } else {
      good = good && event["ts"].is_number() && event["ts"] > 1.7e15;  // UTC in microseconds
      good = good && named.count(json::array({event["pid"], event["tid"]})) == 1;
    }
    if (phase == "X") good = good && event["dur"] >= 0 && event["cat"] == event["args"]["source"];
    if (phase == "s" || phase == "t" || phase == "f")
      good = good && event["id"].is_string() && event["cat"].is_string();
    good = good && std::string("MXistf").find(phase) != std::string::npos;
    REQUIRE(good);
  }
}

std::string process_name(const json& events, const json& pid) {
  for (const auto& event : events)
    if (event["name"] == "process_name" && event["pid"] == pid) return event["args"]["name"];
  return "no process";
}

std::string stage_of(const json& events, const json& of) {
  for (const auto& event : events)
    if (event["name"] == "thread_name" && event["pid"] == of["pid"] && event["tid"] == of["tid"]) {
      const auto name = event["args"]["name"].get<std::string>();
      return process_name(events, of["pid"]) + ": " + name.substr(0, name.find(' '));
    }
  return "no track";
}

// The clock that the node's times were turned into, see HubClock.
json clock_of_node(const json& events) {
  for (const auto& event : events)
    if (event["name"] == "process_labels" && event["args"].contains("clock_of"))
      return event["args"];
  return {};
}

// Follows one frame by its flow's id. Where a device hands over to the other, times may be wrong by
// half of `round_trip_ms`.
void follows(const json& events, std::uint64_t sequence, double round_trip_ms) {
  std::vector<json> slices;
  for (const auto& event : events)
    if (event["ph"] == "X" && event["args"]["sequence"] == sequence) slices.push_back(event);
  std::vector<std::string> path;
  for (const auto& slice : slices) path.push_back(stage_of(events, slice));
  INFO(json(slices).dump(1));
  REQUIRE(path == std::vector<std::string>{"garden: node: camera", "garden: node: jpeg",
                                           "garden: node: uplink", "attic: hub: cameras",
                                           "attic: hub: decode", "attic: hub: end"});
  for (std::size_t i = 1; i < slices.size(); ++i) {
    const bool other_device = slices[i]["pid"] != slices[i - 1]["pid"];
    const double slack_us = other_device ? round_trip_ms / 2 * 1000 : 0;
    CHECK(slices[i]["ts"].get<double>() >= slices[i - 1]["ts"].get<double>() - slack_us);
  }
  // Each slice has a step of the frame's flow, and all of them the same id. Another frame's slice
  // may begin in the same microsecond, and its step be found too.
  std::vector<json> steps_at(slices.size());
  std::set<json> ids;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    std::set<json> here;
    for (const auto& event : events) {
      if (!event.contains("id") || event["pid"] != slices[i]["pid"] ||
          event["tid"] != slices[i]["tid"] || event["ts"] != slices[i]["ts"])
        continue;
      steps_at[i].push_back(event);
      if (i == 0 || ids.count(event["id"]) == 1) here.insert(event["id"]);
    }
    ids = here;
  }
  REQUIRE(ids.size() == 1);
  std::string between;
  for (const auto& steps : steps_at)
    for (const auto& step : steps)
      if (step["id"] == *ids.begin() && step["name"] == "between devices")
        between += step["ph"].get<std::string>();
  CHECK(between == "st");
}

}  // namespace

TEST_CASE("run --trace: a frame is followed from the node's camera to the hub's last stage") {
  const auto events = node_and_hub();
  well_formed(events);
  const auto clock = clock_of_node(events);
  REQUIRE(clock.is_object());
  CHECK(std::abs(clock["clock_offset_ms"].get<double>()) < 1000);
  follows(events, 50, clock["round_trip_ms"]);
}

TEST_CASE("run --trace: a node's clock that is an hour off puts no frame out of order") {
  for (const char* off : {"+1h", "-1h"}) {
    INFO(off);
    const auto events = node_and_hub(with_fake_time(std::string("FAKETIME=") + off));
    well_formed(events);
    const auto clock = clock_of_node(events);
    REQUIRE(clock.is_object());
    CHECK(std::abs(std::abs(clock["clock_offset_ms"].get<double>()) - 3'600'000) < 1000);
    follows(events, 50, clock["round_trip_ms"]);
    // Both devices' times are the same hour's.
    double first = 1e18, last = 0;
    for (const auto& event : events)
      if (event.contains("ts")) {
        first = std::min(first, event["ts"].get<double>());
        last = std::max(last, event["ts"].get<double>());
      }
    CHECK(last - first < 1800e6);
  }
}

TEST_CASE("run --trace: a place that can't be written to ends the run before it begins") {
  const Folder folder;
  const auto report = folder.path() / "report.json";
  for (const auto& trace : {std::string("/no/such/folder/t.json"), folder.path().string()}) {
    Process process(sluice({"run", folder.write("node.toml", sending(free_address())), "--report",
                            report.string(), "--trace", trace}));
    CHECK(process.wait() == 1);
    INFO(process.err());
    CHECK(process.err().find("cannot write " + trace) != std::string::npos);
    CHECK(process.err().find("sending to") == std::string::npos);  // no stage was started
  }
  CHECK_FALSE(std::filesystem::exists(report));
}

TEST_CASE("run --trace: a run that can't start leaves no half of a file behind") {
  const Folder folder;
  const auto graph = folder.write("video.toml",
                                  "[stage.camera]\ntype = \"capture.video\"\n"
                                  "uri = \"/no/such.avi\"\n"
                                  "[stage.end]\ntype = \"sink.discard\"\nfrom = \"camera\"\n");
  const auto trace = folder.path() / "trace.json";
  Process process(sluice({"run", graph, "--trace", trace.string()}));
  CHECK(process.wait() == 1);
  CHECK_FALSE(std::filesystem::exists(trace));
  using Files = std::filesystem::directory_iterator;
  CHECK(std::distance(Files(folder.path()), Files()) == 1);  // the graph
}
