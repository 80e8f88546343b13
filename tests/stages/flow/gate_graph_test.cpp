// A gate in a graph whose detector fails while something moves.

#include <fmt/format.h>

#include <atomic>
#include <sluice/graph/load.hpp>
#include <sluice/runtime/engine.hpp>
#include <sluice/stage.hpp>

#include "catch.hpp"
#include "eventually.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using test::eventually;

namespace {

std::atomic<int> lives{0};  // of detectors, in this test

// The first one sees motion in the first frame that it gets, and fails before it could see its end;
// where it is so `for_good`, each later one fails, too.
struct Detector : sluice::Stage {
  static void declare(Declare<Detector>& d) {
    d.summary("Fails while something moves");
    d.input(kinds::frames);
    d.raises({"motion.began", "motion.ended"});
    d.param("for_good", &Detector::for_good, "it fails in each life");
  }
  bool for_good = false;
  void start(Context&) override { life_ = ++lives; }
  void process(const FramePtr& frame, Context& context) override {
    if (++frames_ == 1 && life_ == 1) context.raise({"motion.began", frame->source});
    if (frames_ == 20 && (for_good || life_ == 1)) throw std::runtime_error("the detector failed");
  }

 private:
  int life_ = 0;
  int frames_ = 0;
};
SLUICE_STAGE(Detector, "gatetest.detector");

Plan plan_with(const std::string& detector) {
  lives = 0;
  LoadRequest request;
  request.graph = "gate.toml";
  request.variable = [](const std::string&) { return std::nullopt; };
  auto loaded = load_graph_text(fmt::format(R"(
[stage.camera]
type = "capture.synthetic"
rate = 200
width = 64
height = 48

[stage.detector]
type = "gatetest.detector"
from = "camera"
{}

[stage.gate]
type = "flow.gate"
from = {{ in = "camera", events = "detector" }}
pre_roll = "100ms"
post_roll = "100ms"

[stage.end]
type = "sink.discard"
from = "gate"
)",
                                            detector),
                                request);
  for (const auto& problem : loaded.problems) FAIL(to_text(problem));
  return std::move(*loaded.plan);
}

StageReport gate_of(const Engine& engine) {
  for (auto& stage : engine.report().stages)
    if (stage.name == "gate") return stage;
  throw std::logic_error("no gate");
}

}  // namespace

TEST_CASE("flow.gate: a detector that fails and comes back leaves no gate open behind it") {
  Engine engine(plan_with(""));
  engine.start();
  REQUIRE(eventually([&] { return engine.report().events["stage.restarted"] == 1; }));
  const auto dropped = gate_of(engine).dropped_total();
  CHECK(eventually([&] { return gate_of(engine).dropped_total() > dropped + 50; }));
  CHECK(gate_of(engine).out > 0);
  engine.stop();
  CHECK(engine.wait(60s));
  CHECK(engine.failure().empty());
}

TEST_CASE("flow.gate: behind a detector that has given up for good all goes on") {
  Engine engine(
      plan_with("for_good = true\noptional = true\nrestart = { at_most = 1, within = \"1h\" }"));
  engine.start();
  REQUIRE(eventually([&] { return engine.report().events["stage.gave_up"] == 1; }));
  const auto out = gate_of(engine).out;
  CHECK(eventually([&] { return gate_of(engine).out > out + 50; }));
  engine.stop();
  CHECK(engine.wait(60s));
  CHECK(engine.failure().empty());
}
