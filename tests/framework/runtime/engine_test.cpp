#include <atomic>
#include <sluice/runtime/engine.hpp>

#include "catch.hpp"
#include "eventually.hpp"
#include "framework/runtime/test_graph.hpp"
#include "framework/runtime/test_stages.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using test::eventually;
using test::gate;
using test::plan_of;
using test::stage_of;

namespace {

// Far more than any of these needs, on the slowest machine.
constexpr Duration kLimit = 60s;

Report run_to_end(Engine& engine) {
  engine.start();
  REQUIRE(engine.wait(kLimit));
  return engine.report();
}

void all_add_up(const Report& report) {
  for (const auto& stage : report.stages) {
    INFO(stage.name);
    CHECK(stage.adds_up());
  }
}

void in_order(const std::vector<std::pair<std::string, std::uint64_t>>& lines) {
  std::map<std::string, std::uint64_t> next;
  bool good = true;
  for (const auto& [source, sequence] : lines) {
    good = good && sequence >= next[source];
    next[source] = sequence + 1;
  }
  CHECK(good);
}

}  // namespace

TEST_CASE_METHOD(
    test::FreshGates,
    "with block mailboxes every frame gets through, in order, and the graph ends by itself") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 5000}, {"sources", 3}}},
                         {"a", "rt.pass", {"camera"}},
                         {"b", "rt.pass", {"a"}},
                         {"end", "rt.collect", {"b"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  const auto lines = gate("collect").lines();
  REQUIRE(lines.size() == 5001);
  CHECK(lines.back().first == "finished");
  in_order(lines);
  all_add_up(report);
  CHECK(stage_of(report, "camera").in == 5000);
  CHECK(stage_of(report, "end").out == 5000);
  CHECK(stage_of(report, "end").sources.size() == 3);
  CHECK(stage_of(report, "end").sources.at("cam2").missing == 0);
  CHECK(stage_of(report, "b").process.count == 5000);
}

TEST_CASE_METHOD(test::FreshGates,
                 "a fan-out's slow consumer stalls nobody unless its link says block") {
  const bool blocks = GENERATE(false, true);
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 1000}, {"live", false}}},
                         {"slow",
                          "rt.collect",
                          {"camera"},
                          {{"gate", "slow"}, {"book", "slow"}},
                          [&](StagePlan& p) {
                            p.mailbox.when_full = blocks ? WhenFull::block : WhenFull::drop_oldest;
                          }},
                         {"fast", "rt.collect", {"camera"}, {{"book", "fast"}}}}));
  engine.start();
  if (blocks) {
    // One frame in hand, at most four queued, one with the source: no more gets through.
    CHECK(eventually([&] { return stage_of(engine.report(), "slow").queued >= 4; }));
    CHECK_FALSE(engine.wait(50ms));
    CHECK(gate("fast").lines().size() <= 6);
  } else {
    CHECK(eventually([&] { return gate("fast").count("finished") == 1; }));
    CHECK(gate("fast").lines().size() == 1001);
  }
  gate("slow").open();
  REQUIRE(engine.wait(kLimit));
  all_add_up(engine.report());
  in_order(gate("slow").lines());
  CHECK(gate("fast").lines().size() == 1001);
  if (blocks) CHECK(gate("slow").lines().size() == 1001);
}

TEST_CASE_METHOD(
    test::FreshGates,
    "a live source is never held up: what a full block mailbox can't take is dropped there") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 100}, {"live", true}}},
                         {"slow", "rt.collect", {"camera"}, {{"gate", "slow"}}}}));
  engine.start();
  CHECK(eventually([&] { return stage_of(engine.report(), "camera").out == 100; }));
  gate("slow").open();
  REQUIRE(engine.wait(kLimit));
  const auto slow = stage_of(engine.report(), "slow");
  CHECK(slow.in == 100);
  CHECK(slow.dropped.at("mailbox_full") >= 90);
  all_add_up(engine.report());
}

TEST_CASE_METHOD(test::FreshGates, "several links fan in, and named ports carry what they say") {
  Engine engine(plan_of({{"one", "rt.count", {}, {{"frames", 300}}},
                         {"two", "rt.count", {}, {{"frames", 300}, {"evens", true}}},
                         {"end", "rt.collect", {"one", "two.even"}}}));
  const auto report = run_to_end(engine);
  CHECK(stage_of(report, "end").in == 450);
  CHECK(stage_of(report, "two").in == 300);  // the same frame by another output is no other frame
  all_add_up(report);
}

TEST_CASE_METHOD(test::FreshGates,
                 "workers share the work by source and keep each source's order") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 4000}, {"sources", 8}}},
                         {"work", "rt.pass", {"camera"}, {}, [](StagePlan& p) { p.workers = 4; }},
                         {"end", "rt.collect", {"work"}}}));
  const auto report = run_to_end(engine);
  CHECK(gate("collect").lines().size() == 4001);
  in_order(gate("collect").lines());
  CHECK(stage_of(report, "work").in == 4000);
  CHECK(stage_of(report, "work").sources.size() == 8);
  all_add_up(report);
}

TEST_CASE_METHOD(test::FreshGates,
                 "a frame that a stage can't use counts as failed and stops nothing") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 100}}},
                         {"moody", "rt.moody", {"camera"}, {{"bad_frame", 10}}},
                         {"end", "rt.collect", {"moody"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  CHECK(stage_of(report, "moody").failed == 10);
  CHECK(stage_of(report, "moody").restarts == 0);
  CHECK(stage_of(report, "end").in == 90);
  all_add_up(report);
}

TEST_CASE_METHOD(test::FreshGates,
                 "a stage that throws is restarted and loses only the frame in hand") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 100}}},
                         {"moody", "rt.moody", {"camera"}, {{"crash", 40}}},
                         {"end", "rt.collect", {"moody"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  CHECK(stage_of(report, "moody").failed == 2);
  CHECK(stage_of(report, "moody").restarts == 2);
  CHECK(stage_of(report, "end").in == 98);
  CHECK(report.events.at("stage.failed") == 2);
  all_add_up(report);
}

TEST_CASE_METHOD(test::FreshGates,
                 "past its budget a stage is given up, and the graph fails saying which and why") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                         {"moody",
                          "rt.moody",
                          {"camera"},
                          {{"crash", 1}},
                          [](StagePlan& p) { p.restart.at_most = 2; }},
                         {"end", "rt.collect", {"moody"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure() == "stage 'moody' has given up: bad mood");
  CHECK(stage_of(report, "moody").failed == 3);
  all_add_up(report);
}

TEST_CASE_METHOD(test::FreshGates, "an optional stage that is given up takes nothing else down") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 200}}},
                         {"moody",
                          "rt.moody",
                          {"camera"},
                          {{"crash", 1}},
                          [](StagePlan& p) { p.restart.on_failure = false, p.optional = true; }},
                         {"lost", "rt.collect", {"moody"}, {{"book", "lost"}}},
                         {"end", "rt.collect", {"camera"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  CHECK(gate("collect").lines().size() == 201);
  CHECK(gate("lost").lines().size() == 1);  // "finished"
  CHECK(stage_of(report, "moody").dropped.at("stage_down") == 199);
  all_add_up(report);
}

TEST_CASE_METHOD(test::FreshGates, "a source that fails is restarted too") {
  Engine engine(
      plan_of({{"camera", "rt.fragile", {}, {}, [](StagePlan& p) { p.restart.at_most = 2; }},
               {"end", "rt.collect", {"camera"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure() == "stage 'camera' has given up: the lens fell off");
  CHECK(stage_of(report, "camera").restarts == 2);
  CHECK(stage_of(report, "end").in == 9);
  all_add_up(report);
}

TEST_CASE_METHOD(test::FreshGates,
                 "a stage that can't start fails the start, by name, and nothing is left running") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                         {"moody", "rt.moody", {"camera"}, {{"bad_start", true}}},
                         {"end", "rt.collect", {"moody"}}}));
  CHECK_THROWS_WITH(engine.start(), "stage 'moody': no mood to start");
  CHECK(engine.wait(0s));
}

TEST_CASE_METHOD(test::FreshGates,
                 "a loop with a mailbox takes every frame and ends when its inputs have") {
  Engine engine(
      plan_of({{"camera", "rt.count", {}, {{"frames", 2000}}}, {"send", "rt.send", {"camera"}}}));
  const auto report = run_to_end(engine);
  CHECK(gate("send").lines().size() == 2000);
  CHECK(stage_of(report, "send").out == 2000);
  all_add_up(report);
}

TEST_CASE_METHOD(
    test::FreshGates,
    "a stage that ends before its inputs holds nobody up, and the last one ends the graph") {
  SECTION("alone") {
    Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                           {"window", "rt.send", {"camera"}, {{"at_most", 10}}}}));
    const auto report = run_to_end(engine);
    CHECK(engine.failure().empty());
    CHECK(stage_of(report, "window").out == 10);
    all_add_up(report);
  }
  SECTION("beside another") {
    Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 500}}},
                           {"window", "rt.send", {"camera"}, {{"at_most", 10}}},
                           {"end", "rt.collect", {"camera"}}}));
    const auto report = run_to_end(engine);
    CHECK(stage_of(report, "end").out == 500);
    // What comes for it after its end is lost, and counted.
    CHECK(stage_of(report, "window").out == 10);
    CHECK(stage_of(report, "window").dropped == ByCause{{"stage_ended", 490}});
    all_add_up(report);
  }
}

TEST_CASE_METHOD(test::FreshGates, "stop() ends sources first and drains the rest") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                         {"pass", "rt.pass", {"camera"}},
                         {"end", "rt.collect", {"pass"}}}));
  engine.start();
  CHECK(eventually([&] { return stage_of(engine.report(), "end").in > 100; }));
  engine.stop();
  REQUIRE(engine.wait(kLimit));
  const auto report = engine.report();
  CHECK(engine.failure().empty());
  all_add_up(report);
  CHECK(stage_of(report, "end").queued == 0);
  CHECK(stage_of(report, "end").out >= stage_of(report, "pass").out);
  CHECK(gate("collect").lines().back().first == "finished");
}

TEST_CASE_METHOD(test::FreshGates,
                 "what can't be drained in time is dropped, and counted as that") {
  auto plan = plan_of({{"camera", "rt.count", {}, {{"frames", 4}}},
                       {"pass", "rt.pass", {"camera"}},
                       {"slow", "rt.collect", {"pass"}, {{"gate", "slow"}}}});
  plan.drain = 100ms;
  Engine engine(std::move(plan));
  engine.start();
  CHECK(eventually([&] { return gate("slow").waiting() == 1; }));
  CHECK(eventually([&] { return stage_of(engine.report(), "slow").in == 4; }));
  engine.stop();
  CHECK(
      eventually([&] { return stage_of(engine.report(), "slow").dropped.count("shutdown") == 1; }));
  gate("slow").open();
  REQUIRE(engine.wait(kLimit));
  CHECK(stage_of(engine.report(), "slow").dropped.at("shutdown") == 3);
  all_add_up(engine.report());
}

TEST_CASE_METHOD(test::FreshGates, "a stage that hangs is named, and does not hang the end") {
  auto plan =
      plan_of({{"camera", "rt.count", {}, {{"frames", 1}}}, {"stuck", "rt.hang", {"camera"}}});
  plan.drain = 50ms;
  Engine engine(std::move(plan));
  engine.start();
  CHECK(eventually([&] { return gate("hang").waiting() == 1; }));
  engine.stop();
  REQUIRE(engine.wait(kLimit));
  CHECK(engine.hangs());
  CHECK(engine.failure() == "did not stop in time: stuck");
  gate("hang").open();
}

TEST_CASE_METHOD(
    test::FreshGates,
    "events reach those that hear them, the supervisor's too, and are counted by name") {
  auto plan = plan_of({{"camera", "rt.count", {}, {{"frames", 10}}},
                       {"moody", "rt.moody", {"camera"}, {{"crash", 5}}},
                       {"end", "rt.collect", {"moody"}},
                       {"hear", "rt.hear", {"camera.events", "moody.events", "end.events"}}});
  std::atomic<int> told{0};
  EngineOptions options;
  options.on_event = [&](const Event&) { ++told; };
  Engine engine(std::move(plan), options);
  const auto report = run_to_end(engine);
  CHECK(gate("hear").count("moody.saw") == 8);
  CHECK(gate("hear").count("stage.failed") == 2);
  CHECK(gate("hear").count("stage.restarted") == 2);
  CHECK(report.events.at("moody.saw") == 8);
  CHECK(told == 12);
}

TEST_CASE_METHOD(test::FreshGates,
                 "started and stopped many times, at any moment, a graph always ends and adds up") {
  for (int round = 0; round < 40; ++round) {
    auto plan = plan_of({{"camera", "rt.count", {}, {{"frames", 0}, {"sources", 2}}},
                         {"work", "rt.pass", {"camera"}, {}, [](StagePlan& p) { p.workers = 2; }},
                         {"send", "rt.send", {"work"}},
                         {"end", "rt.collect", {"work"}, {{"book", "stress"}}}});
    Engine engine(std::move(plan));
    engine.start();
    if (round % 3 == 1) CHECK(eventually([&] { return stage_of(engine.report(), "end").in > 10; }));
    all_add_up(engine.report());   // while it runs
    if (round % 4 == 3) continue;  // destroyed as it runs
    engine.stop();
    REQUIRE(engine.wait(kLimit));
    CHECK(engine.failure().empty());
    all_add_up(engine.report());
  }
}

TEST_CASE_METHOD(test::FreshGates,
                 "a tap shows what leaves an output while it lives, and takes nothing away") {
  Engine engine(
      plan_of({{"camera", "rt.count", {}, {{"frames", 50}}}, {"end", "rt.collect", {"camera"}}}));
  CHECK(engine.report().wall_s == 0);  // it has not begun
  std::atomic<int> seen{0}, gone{0};
  std::atomic<bool> in_turn{true};  // CHECK is for one thread at a time, and this is another's
  const auto tap = engine.tap(0, 0, [&](const FramePtr& frame) {
    if (frame->sequence != static_cast<std::uint64_t>(seen)) in_turn = false;
    ++seen;
  });
  engine.tap(0, 0, [&](const FramePtr&) { ++gone; });  // ends at once
  const auto report = run_to_end(engine);
  CHECK(seen == 50);
  CHECK(in_turn);
  CHECK(gone == 0);
  CHECK(stage_of(report, "end").in == 50);
}

TEST_CASE_METHOD(test::FreshGates, "the report becomes JSON and a table") {
  Engine engine(
      plan_of({{"camera", "rt.count", {}, {{"frames", 10}}}, {"end", "rt.collect", {"camera"}}}));
  const auto report = run_to_end(engine);
  const auto json = to_json(report);
  for (const char* part : {"\"graph\": \"test\"", "\"stages\"", "\"age_ms\"", "\"cam0\"",
                           "\"last_sequence\": 9", "\"max_rss_bytes\"", "\"events\""})
    CHECK(json.find(part) != std::string::npos);
  CHECK(to_table(report).find("rt.collect") != std::string::npos);
  CHECK(to_status(report, Report{}).find("cam0") != std::string::npos);
}
