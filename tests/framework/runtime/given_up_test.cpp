// What a stage that fails, or has given up, means for those beside it and behind it.

#include <sluice/runtime/engine.hpp>
#include <sluice/stage.hpp>

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

// Hears what is linked to it, and not all.
struct Listen : sluice::Stage {
  static void declare(Declare<Listen>& d) {
    d.summary("Listens");
    d.input(Kind::event);
  }
  void on_event(const Event& event, Context&) override {
    gate("listen").write(event.name + " of " + event.stage, 0);
  }
};
SLUICE_STAGE(Listen, "rt.listen");

void never_again(StagePlan& p) { p.restart.on_failure = false, p.optional = true; }

}  // namespace

TEST_CASE_METHOD(test::FreshGates,
                 "a graph whose only display has given up goes on, if that is optional") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                         {"pass", "rt.pass", {"camera"}},
                         {"page", "rt.moody", {"pass"}, {{"bad_start", true}}, never_again}}));
  engine.start();
  const auto passed = [&] { return stage_of(engine.report(), "pass").in; };
  REQUIRE(eventually([&] { return engine.report().events.count("stage.gave_up") == 1; }));
  const auto then = passed();
  CHECK(eventually([&] { return passed() > then + 1000 || engine.wait(0s); }));
  CHECK_FALSE(engine.wait(0s));
  engine.stop();
  CHECK(engine.wait(60s));
  CHECK(engine.failure().empty());
}

TEST_CASE_METHOD(test::FreshGates,
                 "a window that is closed ends the graph, though an optional page has given up") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                         {"page", "rt.moody", {"camera"}, {{"bad_start", true}}, never_again},
                         {"window", "rt.send", {"camera"}, {{"at_most", 10}}}}));
  engine.start();
  CHECK(engine.wait(60s));
  CHECK(engine.failure().empty());
}

TEST_CASE_METHOD(test::FreshGates, "who hears a stage hears that it fails, and what comes of it") {
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                         {"moody",
                          "rt.moody",
                          {"camera"},
                          {{"crash", 10}},
                          [](StagePlan& p) { p.restart.at_most = 1, p.optional = true; }},
                         {"other", "rt.moody", {"camera"}, {{"crash", 5}}, never_again},
                         {"end", "rt.collect", {"moody"}},
                         {"end-2", "rt.collect", {"other"}},
                         {"listen", "rt.listen", {"moody.events"}}}));
  engine.start();
  CHECK(eventually([&] { return engine.report().events["stage.gave_up"] == 2; }));
  engine.stop();
  REQUIRE(engine.wait(60s));
  std::vector<std::string> heard;
  for (const auto& [line, number] : gate("listen").lines())
    if (line != "moody.saw of moody") heard.push_back(line);
  CHECK(heard == std::vector<std::string>{"stage.failed of moody", "stage.restarted of moody",
                                          "stage.failed of moody", "stage.gave_up of moody"});
}
