// What Engine::take_trace() has of a graph that ran, beside the books of its stages.

#include <sluice/runtime/engine.hpp>

#include "catch.hpp"
#include "framework/runtime/test_graph.hpp"
#include "framework/runtime/test_stages.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using test::plan_of;
using test::stage_of;

namespace {

using Fates = std::map<Slice::Fate, std::uint64_t>;

Fates fates_of(const Trace& trace, const std::string& stage) {
  Fates fates;
  for (const auto& track : trace.tracks)
    if (track.stage == stage)
      for (const auto& slice : track.taken.slices) ++fates[slice.fate];
  return fates;
}

void run_to_end(Engine& engine) {
  engine.start();
  REQUIRE(engine.wait(60s));
}

}  // namespace

TEST_CASE_METHOD(test::FreshGates,
                 "a traced graph's slices are what its books say, stage by stage") {
  EngineOptions options;
  options.traced = true;
  Engine engine(
      plan_of({{"camera", "rt.count", {}, {{"frames", 2000}, {"live", true}, {"sources", 2}}},
               {"moody",
                "rt.moody",
                {"camera"},
                {{"bad_frame", 10}, {"crash", 400}},
                [](StagePlan& p) {
                  p.mailbox.when_full = WhenFull::drop_oldest;
                  p.restart.at_most = 100;
                }},
               {"pass", "rt.pass", {"moody"}, {}, [](StagePlan& p) { p.workers = 2; }},
               {"send", "rt.send", {"pass"}}}),
      options);
  run_to_end(engine);
  const auto report = engine.report();
  const auto trace = engine.take_trace();

  REQUIRE(trace.tracks.size() == 5);
  CHECK(trace.tracks[0].is_source);
  CHECK(trace.tracks[3].worker == 1);
  CHECK(trace.tracks[4].is_last);
  CHECK_FALSE(trace.tracks[3].is_last);
  for (const auto& stage : report.stages) {
    INFO(stage.name);
    auto fates = fates_of(trace, stage.name);
    CHECK(fates[Slice::Fate::done] == stage.out);
    CHECK(fates[Slice::Fate::failed] == stage.failed);
    CHECK(fates[Slice::Fate::refused] == stage.dropped_total());
  }
  CHECK(stage_of(report, "moody").failed > 0);

  // A frame's slices start one after the other along the graph.
  std::map<std::pair<std::string, std::uint64_t>, SteadyTime> last;
  bool in_order = true;
  for (const auto& track : trace.tracks)
    for (const auto& slice : track.taken.slices) {
      auto& before = last[{track.taken.names[slice.source], slice.sequence}];
      in_order = in_order && before <= slice.start;
      before = slice.start;
    }
  CHECK(in_order);
}

TEST_CASE_METHOD(test::FreshGates, "a graph that is not traced keeps nothing") {
  Engine engine(plan_of({{"camera", "rt.count", {}}, {"end", "rt.collect", {"camera"}}}));
  run_to_end(engine);
  CHECK(engine.take_trace().tracks.empty());
}
