// A report as JSON: what was written is read back, and what is no report is told by its field.

#include <nlohmann/json.hpp>
#include <sluice/observe/report.hpp>
#include <stdexcept>

#include "catch.hpp"

using namespace sluice;

namespace {

Report made_up() {
  Report r;
  r.graph = "hub";
  r.device = "pi-garage";
  r.wall_s = 10.5;
  r.cpu_s = 3.25;
  r.rss_bytes = 1 << 20;
  r.max_rss_bytes = std::uint64_t{1} << 40;
  r.events = {{"motion.began", 3}};
  StageReport camera;
  camera.name = "camera";
  camera.type = "capture.video";
  camera.is_source = true;
  camera.in = 30;
  camera.out = 30;
  camera.fps = 2.857;
  camera.figures["round_trip_ms"]["tcp://10.0.0.1:5555"] = 0.5;
  StageReport motion;
  motion.name = "a-motion";  // comes after the camera, whatever the alphabet says
  motion.type = "motion.detect";
  motion.in = 30;
  motion.out = 20;
  motion.failed = 1;
  motion.queued = 2;
  motion.restarts = 4;
  motion.events_dropped = 5;
  motion.dropped = {{"mailbox_full", 6}, {"too_old", 1}};
  motion.process.count = 21;
  motion.process.mean = 41.25;
  motion.process.p50 = 40;
  motion.process.p90 = 41;
  motion.process.p99 = 42;
  motion.process.max = 43;
  motion.wait.count = 21;
  motion.wait.p50 = 3;
  auto& porch = motion.sources["porch"];
  porch.in = 30;
  porch.bytes = 900;
  porch.failed = 1;
  porch.last_sequence = 31;
  porch.missing = 2;
  porch.dropped = {{"mailbox_full", 6}};
  porch.age_known = false;
  porch.age.max = 7;
  r.stages = {camera, motion};
  return r;
}

// What reading says of the made-up report after `change` was made to it.
template <class F>
std::string problem(F&& change) {
  auto json = nlohmann::ordered_json::parse(to_json(made_up()));
  change(json);
  try {
    report_from_json(json.dump());
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a report that was written as JSON is read back whole, in the graph's order") {
  const auto written = to_json(made_up());
  const auto read = report_from_json(written);
  CHECK(to_json(read) == written);
  REQUIRE(read.stages.size() == 2);
  CHECK(read.stages[0].name == "camera");
  CHECK(read.stages[0].is_source);
  CHECK(read.stages[1].dropped.at("too_old") == 1);
  CHECK(read.stages[1].process.count == 21);
  CHECK(read.stages[1].process.mean == 41.25);
  CHECK_FALSE(read.stages[1].sources.at("porch").age_known);
  CHECK(read.stages[0].figures.at("round_trip_ms").at("tcp://10.0.0.1:5555") == 0.5);
}

TEST_CASE("what is no report is told by the field that is wrong or missing") {
  using J = nlohmann::ordered_json;
  CHECK(problem([](J&) {}) == "none");
  CHECK(problem([](J& j) { j.erase("device"); }) == "'device' is missing");
  CHECK(problem([](J& j) { j["wall_s"] = "10"; }) == "'wall_s' is not a number");
  CHECK(problem([](J& j) { j["graph"] = 7; }) == "'graph' is not a text");
  CHECK(problem([](J& j) { j["stages"] = J::array(); }) == "'stages' is not an object");
  CHECK(problem([](J& j) { j["stages"]["camera"] = 1; }) == "'stages.camera' is not an object");
  CHECK(problem([](J& j) { j["stages"]["camera"].erase("fps"); }) ==
        "'stages.camera.fps' is missing");
  CHECK(problem([](J& j) { j["stages"]["camera"]["in"] = -1; }) ==
        "'stages.camera.in' is not a whole number from 0");
  CHECK(problem([](J& j) { j["stages"]["camera"]["is_source"] = 1; }) ==
        "'stages.camera.is_source' is not true or false");
  CHECK(problem([](J& j) { j["stages"]["a-motion"]["dropped"]["too_old"] = 1.5; }) ==
        "'stages.a-motion.dropped.too_old' is not a whole number from 0");
  CHECK(problem([](J& j) { j["stages"]["a-motion"]["process_ms"].erase("mean"); }) ==
        "'stages.a-motion.process_ms.mean' is missing");
  CHECK(problem([](J& j) { j["stages"]["a-motion"]["sources"]["porch"]["age_ms"] = 1; }) ==
        "'stages.a-motion.sources.porch.age_ms' is not an object");
  CHECK_THROWS_WITH(report_from_json("{\"graph\": \"hub\""), "it is no JSON object");
  CHECK_THROWS_WITH(report_from_json("[]"), "it is no JSON object");
}
