// tools/bench's verdict, on figures that are given to it: nothing is measured here.

#include "catch.hpp"
#include "process.hpp"

using namespace test;
using nlohmann::json;

namespace {

// Two rows as --json writes them: of one more is better, of the other less.
json figures(double jpeg, double motion) {
  return {{"date", "2026-01-31"},
          {"cores", 2},
          {"processor", "made up"},
          {"versions", {{"imagezmq", "1.2.0"}}},
          {"prepared_s", 60},
          {"measured_s", 300},
          {"rows",
           {{"jpeg",
             {{"figures", {{"Sluice", {{"fps", 250}}}, {"imagezmq", {{"fps", 100}}}}},
              {"ratios", {{"fps: Sluice to imagezmq", jpeg}}},
              {"missing", json::object()},
              {"repeats", 3}}},
            {"motion",
             {{"figures", {{"Sluice", {{"hub_cpu_ms", 2}}}, {"imagezmq", {{"hub_cpu_ms", 6}}}}},
              {"ratios", {{"hub_cpu_ms: Sluice to imagezmq", motion}}},
              {"missing", json::object()},
              {"repeats", 3}}}}}};
}

json without(const char* peer, json run, const char* why) {
  auto& row = run["rows"]["motion"];
  row["figures"].erase(peer);
  row["ratios"] = json::object();
  row["missing"][peer] = why;
  return run;
}

struct Verdict {
  int status;
  std::string out, err;
};

// What tools/bench makes of them where 2.0 and 0.4 are recorded.
Verdict verdict(const json& run, const std::vector<std::string>& more = {}) {
  const Folder folder;
  const json recorded{{"ratios",
                       {{"jpeg", {{"fps: Sluice to imagezmq", 2.0}}},
                        {"motion", {{"hub_cpu_ms: Sluice to imagezmq", 0.4}}}}}};
  std::vector<std::string> command{SLUICE_SOURCE_DIR "/tools/bench", "--from",
                                   folder.write("run.json", run.dump()), "--recorded",
                                   folder.write("recorded.json", recorded.dump())};
  command.insert(command.end(), more.begin(), more.end());
  Process bench(command);
  const int status = bench.wait();
  return {status, bench.out(), bench.err()};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("bench: ratios as recorded, better, or a little worse are well") {
  for (const auto& run : {figures(2.0, 0.4), figures(3.0, 0.2), figures(1.82, 0.436)}) {
    const auto v = verdict(run);
    INFO(v.out << v.err);
    CHECK(v.status == 0);
    CHECK(has(v.out, "| 250 frames/s | imagezmq: 100 frames/s |"));
    CHECK(has(v.out, "in 6 min: 2 cores of made up; imagezmq 1.2.0"));
    CHECK_FALSE(has(v.out, "worse: "));
  }
}

TEST_CASE("bench: what is worse by 11 % is named, with what it was, and is exit status 1") {
  const auto slower = verdict(figures(1.78, 0.4));
  INFO(slower.out << slower.err);
  CHECK(slower.status == 1);
  CHECK(has(slower.out, "worse: jpeg: fps: Sluice to imagezmq was 2.000, is 1.780\n"));
  CHECK(has(slower.out, "**missed:** ≥ 1.8 × imagezmq"));
  CHECK_FALSE(has(slower.out, "worse: motion"));

  const auto dearer = verdict(figures(2.0, 0.444));
  INFO(dearer.out << dearer.err);
  CHECK(dearer.status == 1);
  CHECK(has(dearer.out, "worse: motion: hub_cpu_ms: Sluice to imagezmq was 0.400, is 0.444\n"));
  CHECK_FALSE(has(dearer.out, "worse: jpeg"));
}

TEST_CASE(
    "bench: a row that is recorded and was not measured is named, unless others were asked for") {
  auto run = figures(2.0, 0.4);
  run["rows"].erase("motion");
  const auto all = verdict(run);
  INFO(all.out << all.err);
  CHECK(all.status == 1);
  CHECK(has(all.out,
            "motion: hub_cpu_ms: Sluice to imagezmq is recorded, but the row was not measured"));
  CHECK(verdict(run, {"--only", "jpeg"}).status == 0);
}

TEST_CASE("bench: a peer that can't be had is told in its row, and its ratio is missing") {
  const auto v = verdict(without("imagezmq", figures(2.0, 0.4), "can't be had: no index"));
  INFO(v.out << v.err);
  CHECK(v.status == 1);
  CHECK(has(v.out, "| 2.00 ms | imagezmq: can't be had: no index |"));
  CHECK_FALSE(has(v.out, "worse: "));
  CHECK(has(v.out, "is recorded, but imagezmq can't be had: no index"));
}

TEST_CASE("bench: a call that can't be meant is refused") {
  for (const auto& more : std::vector<std::vector<std::string>>{{"--only", "no-such-row"},
                                                                {"--only", "jpeg", "--readme"},
                                                                {"--quick", "--record"},
                                                                {"--repeat", "0"}}) {
    const auto v = verdict(figures(2.0, 0.4), more);
    INFO(v.err);
    CHECK(v.status == 2);
    CHECK(has(v.err, "bench: "));
  }
}

TEST_CASE("bench: --record writes the ratios that the next run is held to") {
  const Folder folder;
  const auto recorded = (folder.path() / "new.json").string();
  const auto bench = [&](const json& run, std::vector<std::string> more) {
    std::vector<std::string> command{SLUICE_SOURCE_DIR "/tools/bench", "--recorded", recorded,
                                     "--from", folder.write("run.json", run.dump())};
    command.insert(command.end(), more.begin(), more.end());
    return Process(command).wait();
  };
  CHECK(bench(figures(2.0, 0.4), {"--record"}) == 0);
  CHECK(bench(figures(2.0, 0.4), {}) == 0);
  CHECK(bench(figures(1.7, 0.4), {}) == 1);
  CHECK(bench(figures(1.7, 0.4), {"--record"}) == 0);
  CHECK(bench(figures(1.7, 0.4), {}) == 0);
}
