// A graph can be stopped at any moment, also while it starts.

#include <atomic>
#include <sluice/runtime/engine.hpp>
#include <sluice/stage.hpp>
#include <thread>

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

// A camera whose start() takes until a gate opens, and which fails after some frames.
struct SlowSource : LoopStage {
  static void declare(Declare<SlowSource>& d) {
    d.summary("Starts slowly");
    d.output(Kind::gray8);
    d.param("gate", &SlowSource::gate_name, "start() waits there");
    d.param("from", &SlowSource::from, "from this start on");
    d.param("fails_after", &SlowSource::fails_after, "frames; 0: never");
    d.param("bad_start", &SlowSource::bad_start, "start() throws after that");
  }
  std::string gate_name = "slow";
  int from = 1;
  int fails_after = 0;
  bool bad_start = false;
  void start(Context&) override {
    gate("starts").write("start", 0);
    if (static_cast<int>(gate("starts").count("start")) >= from) gate(gate_name).wait();
    if (bad_start) throw std::runtime_error("no camera there");
  }
  void run(LoopContext& context) override {
    for (std::uint64_t i = 0; !context.stopping(); ++i) {
      if (fails_after > 0 && i == static_cast<std::uint64_t>(fails_after))
        throw std::runtime_error("the camera was pulled out");
      context.emit(
          std::make_shared<const Frame>(Frame{"cam",
                                              i,
                                              context.clock().utc(),
                                              true,
                                              Image(Kind::gray8, cv::Mat::zeros(2, 2, CV_8UC1)),
                                              {}}));
    }
  }
};
SLUICE_STAGE(SlowSource, "rt.slow_source");

struct SlowEnd : LoopStage {
  static void declare(Declare<SlowEnd>& d) {
    d.summary("An end that starts slowly");
    d.input(kinds::frames);
    d.mailbox({.when_full = WhenFull::block});
    d.param("from", &SlowEnd::from, "start() waits from this one on");
    d.param("fails_after", &SlowEnd::fails_after, "frames; 0: never");
  }
  int from = 1;
  int fails_after = 0;
  void start(Context&) override {
    gate("end starts").write("start", 0);
    if (static_cast<int>(gate("end starts").count("start")) >= from) gate("slow").wait();
  }
  void run(LoopContext& context) override {
    for (int i = 0; !context.stopping() && !context.inputs_ended();) {
      if (!context.take(1s)) continue;
      context.done();
      if (++i == fails_after) throw std::runtime_error("the screen fell off");
    }
  }
};
SLUICE_STAGE(SlowEnd, "rt.slow_end");

// Opens a gate at the end of a test, so that what hangs there can go.
struct Opens {
  explicit Opens(std::string n) : name(std::move(n)) {}
  ~Opens() { gate(name).open(); }
  std::string name;
};

}  // namespace

TEST_CASE_METHOD(test::FreshGates, "a graph is stopped while one of its stages starts") {
  auto plan = plan_of({{"other", "rt.count", {}, {{"frames", 0}}},
                       {"camera", "rt.slow_source", {}},
                       {"end", "rt.collect", {"other", "camera"}}});
  plan.drain = 50ms;
  Engine engine(std::move(plan));
  const Opens opens("slow");
  engine.begin();
  REQUIRE(eventually([&] { return gate("slow").waiting() == 1; }));
  CHECK_FALSE(engine.is_up());
  engine.stop();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
  CHECK(engine.hangs());  // what can't be interrupted is left behind
  CHECK(stage_of(engine.report(), "other").in == 0);
}

TEST_CASE_METHOD(test::FreshGates,
                 "stopped while it starts, a stage that then is up ends at once") {
  Engine engine(plan_of({{"camera", "rt.slow_source", {}}, {"end", "rt.collect", {"camera"}}}));
  engine.begin();
  REQUIRE(eventually([&] { return gate("slow").waiting() == 1; }));
  engine.stop();
  gate("slow").open();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
  CHECK_FALSE(engine.hangs());
}

TEST_CASE_METHOD(test::FreshGates,
                 "stopped while it starts, a stage that then can't is no failure") {
  Engine engine(plan_of({{"camera", "rt.slow_source", {}, {{"bad_start", true}}},
                         {"end", "rt.collect", {"camera"}}}));
  engine.begin();
  REQUIRE(eventually([&] { return gate("slow").waiting() == 1; }));
  engine.stop();
  gate("slow").open();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
}

TEST_CASE_METHOD(test::FreshGates,
                 "the time for draining ends while a stage is inside a slow restart") {
  auto plan = plan_of({{"camera",
                        "rt.slow_source",
                        {},
                        {{"from", 2}, {"fails_after", 5}},
                        [](StagePlan& p) { p.restart.at_most = 1000; }},
                       {"end", "rt.collect", {"camera"}}});
  plan.drain = 20ms;
  const bool comes_back = GENERATE(true, false);
  Engine engine(std::move(plan));
  const Opens opens("slow");
  engine.start();
  REQUIRE(eventually([&] { return gate("slow").waiting() == 1; }));
  engine.stop();
  if (comes_back) {
    std::this_thread::sleep_for(40ms);  // past the time for draining, before it is left behind
    gate("slow").open();
  }
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
  if (!comes_back) CHECK(engine.hangs());
  gate("slow").open();
  const auto report = engine.report();
  for (const auto& stage : report.stages) CHECK(stage.adds_up());
}

TEST_CASE_METHOD(test::FreshGates, "an optional stage that starts slowly holds nobody up") {
  Engine engine(
      plan_of({{"camera", "rt.count", {}, {{"frames", 500}}},
               {"slow", "rt.slow_end", {"camera"}, {}, [](StagePlan& p) { p.optional = true; }},
               {"end", "rt.collect", {"camera"}}}));
  engine.start();
  // It is not up, and its mailbox blocks nobody.
  CHECK(eventually([&] { return gate("collect").count("finished") == 1; }));
  CHECK(stage_of(engine.report(), "slow").dropped.count("stage_down") == 1);
  gate("slow").open();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
  const auto report = engine.report();
  CHECK(stage_of(report, "slow").out == 4);  // what waited for it
  CHECK(stage_of(report, "end").out == 500);
  for (const auto& stage : report.stages) CHECK(stage.adds_up());
}

TEST_CASE_METHOD(test::FreshGates,
                 "a restart that never ends is told of, and nobody waits for that stage") {
  EngineOptions options;
  options.start_limit = 50ms;
  const bool optional = GENERATE(false, true);
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 0}, {"live", false}}},
                         {"slow",
                          "rt.slow_end",
                          {"camera"},
                          {{"from", optional ? 1 : 2}, {"fails_after", 5}},
                          [&](StagePlan& p) { p.optional = optional; }},
                         {"end", "rt.collect", {"camera"}}}),
                options);
  const Opens opens("slow");
  engine.start();
  REQUIRE(eventually([&] { return engine.report().events.count("stage.stuck") == 1; }));
  CHECK(gate("slow").waiting() == 1);
  // What finds no room before it is dropped, so its neighbours go on.
  const auto had = stage_of(engine.report(), "end").out;
  CHECK(eventually([&] { return stage_of(engine.report(), "end").out > had + 1000; }));
  CHECK(stage_of(engine.report(), "slow").dropped.at("stage_down") > 0);
  // Should it come back after all, it is used again.
  gate("slow").open();
  const auto took = stage_of(engine.report(), "slow").out;
  if (optional) CHECK(eventually([&] { return stage_of(engine.report(), "slow").out > took; }));
  engine.stop();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
}

TEST_CASE_METHOD(test::FreshGates, "a graph doesn't start without a stage that it needs") {
  EngineOptions options;
  options.start_limit = 50ms;
  Engine engine(plan_of({{"camera", "rt.slow_source", {}}, {"end", "rt.collect", {"camera"}}}),
                options);
  const Opens opens("slow");
  engine.begin();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure() == "stage 'camera': it did not start within 50ms");
}

TEST_CASE_METHOD(test::FreshGates, "stopped at any moment of its start, a graph ends and adds up") {
  for (int round = 0; round < 60; ++round) {
    auto plan = plan_of(
        {{"camera", "rt.count", {}, {{"frames", 0}, {"sources", 2}}},
         {"fragile", "rt.fragile", {}, {}, [](StagePlan& p) { p.restart.at_most = 1000; }},
         {"work", "rt.pass", {"camera", "fragile"}, {}, [](StagePlan& p) { p.workers = 2; }},
         {"send", "rt.send", {"work"}},
         {"end", "rt.collect", {"work"}, {{"book", std::string("stress")}}}});
    Engine engine(std::move(plan));
    std::thread stopper;
    if (round % 2 == 0) {
      engine.begin();
      std::this_thread::sleep_for(std::chrono::microseconds(100 * round));
      engine.stop();
    } else {
      stopper = std::thread([&] { engine.stop(); });
      engine.begin();
    }
    if (round % 5 != 4) REQUIRE(engine.wait(60s));
    if (stopper.joinable()) stopper.join();
    if (round % 5 == 4) continue;  // destroyed as it stops
    CHECK(engine.failure().empty());
    for (const auto& stage : engine.report().stages) CHECK(stage.adds_up());
  }
}
