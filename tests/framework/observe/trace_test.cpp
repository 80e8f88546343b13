#include <nlohmann/json.hpp>
#include <set>
#include <sluice/observe/trace.hpp>
#include <sluice/testkit.hpp>
#include <sstream>

#include "catch.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using nlohmann::json;
using Fate = Slice::Fate;

namespace {

Trace::Track track_of(const std::string& stage, std::vector<Slice> slices) {
  Trace::Track track;
  track.stage = stage;
  track.taken = {std::move(slices), {"porch", "no_reply"}, 0};
  return track;
}

Slice slice_of(std::uint64_t sequence, Duration start, Duration length) {
  Slice slice;
  slice.start = SteadyTime(start);
  slice.length = length;
  slice.sequence = sequence;
  return slice;
}

Report report_of(const std::string& graph) {
  Report report;
  report.graph = graph;
  report.device = "pi \"garage\"\n";
  return report;
}

json written(Trace trace, const Report& report = report_of("pi")) {
  std::ostringstream text;
  write_trace(text, std::move(trace), report);
  return json::parse(text.str());
}

json having(const json& events, const std::string& key, const json& value) {
  json found = json::array();
  for (const auto& event : events)
    if (event.contains(key) && event[key] == value) found.push_back(event);
  return found;
}

}  // namespace

TEST_CASE("a trace of nothing is a whole file with the process's name, escaped") {
  const auto events = written({});
  const auto name = having(events, "name", "process_name");
  REQUIRE(name.size() == 1);
  CHECK(name[0]["args"]["name"] == "pi \"garage\"\n: pi");
  CHECK(name[0]["pid"] > 0);
  CHECK(written({}, report_of("hub"))[0]["pid"] != name[0]["pid"]);
}

TEST_CASE("times in a trace are the hub's, by the address with the smallest round trip") {
  Trace trace;
  trace.utc_ahead = 1'763'749'200s + 300ns;
  trace.tracks.push_back(track_of("jpeg", {slice_of(7, 2ms, 1'500us)}));
  auto report = report_of("pi");
  StageReport far, near, cameras;
  far.figures = {{"clock_offset_ms", {{"tcp://far", 1000}}}, {"round_trip_ms", {{"tcp://far", 9}}}};
  near.figures = {{"clock_offset_ms", {{"tcp://near", 0.25}}},
                  {"round_trip_ms", {{"tcp://near", 0.4}}}};
  cameras.figures = {{"clock_offset_ms", {{"porch", 5000}}}};  // of those that send to this device
  const auto own = written(trace, report);
  report.stages = {far, near, cameras};
  const auto corrected = written(trace, report);

  CHECK(having(own, "ph", "X")[0]["ts"] == 1'763'749'200'002'000.25);  // in quarters of a µs
  CHECK(having(corrected, "ph", "X")[0]["ts"] == 1'763'749'200'002'250.25);
  CHECK(having(corrected, "ph", "X")[0]["dur"] == 1500);
  const auto labels = having(corrected, "name", "process_labels")[0]["args"];
  CHECK(labels["clock_of"] == "tcp://near");
  CHECK(labels["clock_offset_ms"] == 0.25);
  CHECK(labels["round_trip_ms"] == 0.4);
  CHECK_FALSE(having(own, "name", "process_labels")[0]["args"].contains("clock_offset_ms"));
}

TEST_CASE("slices that follow each other in a trace never overlap") {
  Trace trace;
  trace.utc_ahead = 1'763'749'200s;
  std::vector<Slice> slices;
  Duration at{};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const Duration length((i * 7919) % 1000);
    slices.push_back(slice_of(i, at, length));
    at += length;
  }
  trace.tracks.push_back(track_of("jpeg", slices));
  double end = 0;
  bool apart = true;
  std::set<json> tids;
  for (const auto& slice : having(written(trace), "ph", "X")) {
    tids.insert(slice["tid"]);
    apart = apart && slice["ts"] >= end;
    end = slice["ts"].get<double>() + slice["dur"].get<double>();
  }
  CHECK(apart);
  CHECK(tids.size() == 1);
}

TEST_CASE("frames that a stage has in hand at once each have a track of their own in a trace") {
  Trace trace;
  trace.tracks.push_back(track_of("camera", {}));
  trace.tracks.push_back(
      track_of("uplink", {slice_of(2, 1ms, 1ms), slice_of(1, 0ms, 3ms), slice_of(3, 2ms, 2ms)}));
  trace.tracks.push_back(track_of("end", {}));
  const auto events = written(trace);
  std::map<int, std::string> names;
  for (const auto& event : having(events, "name", "thread_name"))
    names[event["tid"]] = event["args"]["name"];
  CHECK(names == std::map<int, std::string>{
                     {1, "camera"}, {2, "uplink"}, {3, "uplink (2 at once)"}, {4, "end"}});
  std::map<int, int> tids;
  for (const auto& slice : having(events, "ph", "X"))
    tids[slice["args"]["sequence"]] = slice["tid"];
  CHECK(tids == std::map<int, int>{{1, 2}, {2, 3}, {3, 3}});
}

TEST_CASE("a frame's flow leads through a device, and one from device to device") {
  Trace node, hub;
  auto camera = track_of("camera", {slice_of(7, 0ms, 1ms)});
  camera.is_source = true;
  auto jpeg = track_of("jpeg", {slice_of(7, 1ms, 1ms)});
  auto uplink = track_of("uplink", {slice_of(7, 2ms, 1ms)});
  uplink.is_last = true;
  node.tracks = {camera, jpeg, uplink};
  auto cameras = track_of("cameras", {slice_of(7, 3ms, 1ms), slice_of(8, 4ms, 1ms)});
  cameras.is_source = cameras.listens = true;
  auto decode = track_of("decode", {slice_of(7, 4ms, 1ms)});
  decode.is_last = true;
  hub.tracks = {cameras, decode};

  // "s3": a flow begins in the slice at 3 ms.
  const auto flow = [](const json& events, const std::string& name, const json& id) {
    std::string steps;
    for (const auto& event : having(having(events, "name", name), "id", id))
      steps += event["ph"].get<std::string>() +
               std::to_string(event["ts"].get<std::int64_t>() / 1000) + " ";
    return steps;
  };
  const auto at_node = written(node, report_of("node"));
  const auto at_hub = written(hub, report_of("hub"));
  const auto id = having(at_node, "ph", "s")[0]["id"];
  CHECK(id.get<std::string>().size() == 18);  // a 64-bit number in hexadecimal digits
  const std::string device = "pi \"garage\"\n";
  CHECK(flow(at_node, device + ": node", id) == "s0 t1 f2 ");
  CHECK(flow(at_node, "between devices", id) == "s0 ");
  CHECK(flow(at_hub, device + ": hub", id) == "s3 f4 ");
  CHECK(flow(at_hub, "between devices", id) == "t3 ");
}

TEST_CASE("a trace tells what became of frames that were not done, and what it leaves out") {
  Trace trace;
  auto dropped = slice_of(1, 0ms, 1ms);
  dropped.fate = Fate::dropped;
  dropped.cause = 1;
  auto failed = slice_of(2, 1ms, 1ms);
  failed.fate = Fate::failed;
  auto refused = slice_of(3, 2ms, 0ms);
  refused.fate = Fate::refused;
  refused.cause = 1;
  trace.tracks.push_back(track_of("uplink", {dropped, failed, refused}));
  trace.tracks[0].taken.left_out = 12;
  const auto events = written(trace);
  const auto slices = having(events, "ph", "X");
  REQUIRE(slices.size() == 2);
  CHECK(slices[0]["name"] == "dropped: no_reply");
  CHECK(slices[1]["name"] == "failed");
  const auto instants = having(events, "ph", "i");
  REQUIRE(instants.size() == 2);
  CHECK(instants[0]["name"] == "12 older slices are left out");
  CHECK(instants[0]["ts"] < slices[0]["ts"]);  // in no slice, whose flow it would take
  CHECK(instants[1]["name"] == "dropped: no_reply");
  CHECK(instants[1]["args"]["sequence"] == 3);
}
