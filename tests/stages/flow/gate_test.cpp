#include <fmt/format.h>

#include <limits>
#include <sluice/graph/load.hpp>
#include <sluice/runtime/engine.hpp>

#include "gate_help.hpp"

using namespace gate_help;

TEST_CASE("flow.gate: without an event nothing goes on, and all is counted") {
  StageTest test("flow.gate");
  queue(test, 0, 99);
  run(test);
  CHECK(test.frames().empty());
  check_books(test, 100);
}

TEST_CASE("flow.gate: frames around an event go on, in their order") {
  StageTest test("flow.gate", rolls("3s", "5s"));
  queue(test, 0, 20);
  test.queue(began());  // may come after what it is about: 18, 19 and 20 were held
  queue(test, 21, 30);
  test.queue(ended());
  queue(test, 31, 60);  // 30 + 5 s is over at 35
  run(test);
  CHECK(numbers(test) == range(18, 34));
  check_books(test, 61);
}

TEST_CASE("flow.gate: what is between two events is held for the next, and never sent twice") {
  StageTest test("flow.gate", rolls("4s", "2s"));
  queue(test, 0, 10);
  test.queue(began());
  queue(test, 11, 12);
  test.queue(ended());
  queue(test, 13, 15);  // 13 is post-roll, 14 and 15 are held
  test.queue(began());
  queue(test, 16, 16);
  test.queue(ended());
  queue(test, 17, 17);
  test.queue(began());  // within the post-roll: it never closed
  queue(test, 18, 30);
  run(test);
  CHECK(numbers(test) == range(7, 30));
  check_books(test, 31);
}

TEST_CASE("flow.gate: without pre- and post-roll only what comes between the events goes on") {
  StageTest test("flow.gate", rolls("0s", "0s"));
  queue(test, 0, 4);
  test.queue(began());
  queue(test, 5, 7);
  test.queue(ended());
  queue(test, 8, 12);
  run(test);
  CHECK(numbers(test) == range(5, 7));
  check_books(test, 13);
}

TEST_CASE("flow.gate: each source has its own gate") {
  StageTest test("flow.gate", rolls("2s", "1s"));
  for (std::uint64_t n = 0; n < 30; ++n) {
    if (n == 10) test.queue(began("yard"));
    if (n == 20) test.queue(ended("yard"));
    if (n == 15) test.queue(began("hall"));
    for (const auto* source : {"yard", "hall", "door"}) test.queue(at(n, source));
  }
  run(test);
  CHECK(numbers(test, "yard") == range(8, 19));
  CHECK(numbers(test, "hall") == range(13, 29));
  CHECK(numbers(test, "door").empty());
  check_books(test, 90);
}

TEST_CASE("flow.gate: the events are those that are named, and others change nothing") {
  StageTest test("flow.gate", rolls("1s", "0s",
                                    {{"open", std::string("door.opened")},
                                     {"close", std::string("door.closed")}}));
  queue(test, 0, 4);
  test.queue(began());
  queue(test, 5, 6);
  test.queue(sluice::Event{"door.opened", "cam"});
  queue(test, 7, 8);
  test.queue(ended());
  test.queue(sluice::Event{"door.opened", "cam"});
  queue(test, 9, 9);
  test.queue(sluice::Event{"door.closed", "cam"});
  test.queue(sluice::Event{"door.closed", "cam"});
  queue(test, 10, 12);
  run(test);
  CHECK(numbers(test) == range(6, 9));
  check_books(test, 13);
  CHECK_THROWS_AS(StageTest("flow.gate", {{"open", std::string("x")}, {"close", std::string("x")}}),
                  std::invalid_argument);
}

TEST_CASE("flow.gate: what a stage opened closes where that fails, and opens again") {
  StageTest test("flow.gate", rolls("0s", "2s"));
  const auto by = [](const std::string& name, const std::string& source, const std::string& stage) {
    sluice::Event event{name, source};
    event.stage = stage;
    return event;
  };
  for (std::uint64_t n = 0; n < 40; ++n) {
    if (n == 5) test.queue(by("motion.began", "yard", "motion"));
    if (n == 5) test.queue(by("motion.began", "hall", "other"));
    if (n == 10) test.queue(by("stage.failed", "", "motion"));
    if (n == 11) test.queue(by("stage.restarted", "", "motion"));
    if (n == 20) test.queue(by("motion.began", "yard", "motion"));
    if (n == 25) test.queue(by("motion.ended", "yard", "motion"));
    if (n == 30) test.queue(by("motion.ended", "hall", "other"));
    for (const auto* source : {"yard", "hall"}) test.queue(at(n, source));
  }
  run(test);
  auto yard = range(5, 10);  // the newest was 9, and 2 s are over at 11
  for (const auto number : range(20, 25)) yard.push_back(number);
  CHECK(numbers(test, "yard") == yard);
  CHECK(numbers(test, "hall") == range(5, 30));
  check_books(test, 80);
}

TEST_CASE("flow.gate: where the stage that opens it has given up, all goes on") {
  StageTest test("flow.gate", rolls("3s", "0s"));
  queue(test, 0, 9);
  sluice::Event event{"stage.gave_up"};
  event.stage = "motion";
  test.queue(event);
  queue(test, 10, 20);
  test.queue(at(21, "new"));
  run(test);
  CHECK(numbers(test) == range(7, 20));
  CHECK(numbers(test, "new") == range(21, 21));
  CHECK(test.log().size() == 1);
  check_books(test, 22);

  // But not where nothing was to open it.
  StageTest beats("flow.gate", {{"open", std::string()}, {"close", std::string()}});
  beats.queue(event);
  queue(beats, 0, 9);
  run(beats);
  CHECK(numbers(beats).empty());
}

TEST_CASE("flow.gate: an event before a source's first frame counts") {
  StageTest test("flow.gate");
  test.queue(ended());
  test.queue(began());
  queue(test, 0, 3);
  run(test);
  CHECK(numbers(test) == range(0, 3));
}

TEST_CASE("flow.gate: where all goes on outside of events, everything does") {
  StageTest test("flow.gate", {{"outside", std::string("all")}});
  queue(test, 0, 5);
  test.queue(began());
  queue(test, 6, 7);
  test.queue(ended());
  queue(test, 8, 20);
  run(test);
  CHECK(numbers(test) == range(0, 20));
  check_books(test, 21);
}

TEST_CASE("flow.gate: while closed a frame goes on per heartbeat, of each source, in order") {
  StageTest test("flow.gate", rolls("3s", "0s", {{"heartbeat", std::string("10s")}}));
  for (std::uint64_t n = 0; n <= 40; ++n)
    for (const auto* source : {"yard", "hall"}) {
      test.queue(at(n, source));
      if (n == 25 && source == std::string("yard")) test.queue(began(source));
      if (n == 26 && source == std::string("yard")) test.queue(ended(source));
    }
  run(test);
  CHECK(numbers(test, "hall") == Numbers{0, 10, 20, 30});
  // The heartbeat counts from the last frame that went on, whatever for.
  CHECK(numbers(test, "yard") == Numbers{0, 10, 20, 23, 24, 25, 26, 36});
  check_books(test, 82);
}

TEST_CASE("flow.gate: with nothing that opens it there are heartbeats alone") {
  StageTest test("flow.gate",
                 rolls("0s", "0s", {{"open", std::string()}, {"heartbeat", std::string("5s")}}));
  queue(test, 0, 4);
  test.queue(began());
  queue(test, 5, 12);
  run(test);
  CHECK(numbers(test) == Numbers{0, 5, 10});
}

TEST_CASE("flow.gate: clocks that are set back, and mad times, neither hold nor open it for long") {
  using Limits = std::numeric_limits<std::int64_t>;
  const auto timed = [](std::uint64_t n, UtcTime captured) {
    return sluice::testkit::make_frame(cv::Mat(1, 1, CV_8UC1, cv::Scalar(0)), "cam", n, captured);
  };
  StageTest test("flow.gate", rolls("3s", "3s"));
  queue(test, 100, 110);
  test.queue(began());
  test.queue(ended());                            // post-roll until 113
  test.queue(timed(1, FakeClock().utc() + 50s));  // set back by a minute: it is over
  test.queue(timed(2, FakeClock().utc() + 51s));
  test.queue(timed(3, UtcTime(Duration(Limits::max()))));
  test.queue(timed(4, UtcTime(Duration(Limits::min()))));
  test.queue(timed(5, UtcTime(Duration(Limits::max()))));
  test.queue(began());
  run(test);
  CHECK(numbers(test) == Numbers{108, 109, 110, 5});
  check_books(test, 16);
}

TEST_CASE("flow.gate: every kind of payload goes on by reference") {
  StageTest test("flow.gate");
  const auto jpeg = std::make_shared<const sluice::Frame>(sluice::Frame{
      "cam", 0, FakeClock().utc(), true, sluice::Encoded::from(sluice::Kind::jpeg, {1, 2}), {}});
  const auto pixels = at(1);
  test.queue(jpeg);
  test.queue(pixels);
  test.queue(began());
  run(test);
  CHECK(test.frames() == std::vector<FramePtr>{jpeg, pixels});
}

TEST_CASE("flow.gate: at a hub it may wait for any event of the nodes") {
  const auto problems = [](const std::string& event) {
    return sluice::load_graph_text(fmt::format(R"(
[stage.hub]
type = "transport.receive"
bind = "tcp://127.0.0.1:5555"
[stage.gate]
type = "flow.gate"
from = {{ in = "hub", events = "hub" }}
open = "{}"
[stage.end]
type = "sink.discard"
from = "gate"
)",
                                               event),
                                   {})
        .problems.size();
  };
  for (const auto* event : {"motion.began", "source.lost", "door.opened"})
    CHECK(problems(event) == 0);
}

namespace {

// The report of the type's own example, for 600 frames as fast as they go, of a scene that moves
// for a second and is still for three. Nothing is left out on the way to the gate.
sluice::Report example_run(std::vector<std::string> sets) {
  for (const auto* set :
       {"stage.camera.rate=0", "stage.camera.frames=600", "stage.camera.width=160",
        "stage.camera.height=120", "stage.camera.moving=1s", "stage.camera.still=3s",
        "stage.motion.mailbox.when_full=block", "stage.jpeg.mailbox.when_full=block",
        "stage.gate.mailbox.when_full=block"})
    sets.emplace_back(set);
  sluice::LoadRequest request;
  request.graph = "gate.toml";
  request.device = "here";
  request.sets = std::move(sets);
  request.variable = [](const std::string&) { return std::nullopt; };
  auto graph =
      sluice::load_graph_text(sluice::StageTypes::all().find("flow.gate")->example, request);
  for (const auto& problem : graph.problems) FAIL(to_text(problem));
  sluice::Engine engine(std::move(*graph.plan));
  engine.start();
  while (!engine.wait(10ms))
    for (const auto& stage : engine.report().stages) CHECK(stage.adds_up());
  CHECK(engine.failure().empty());
  const auto report = engine.report();
  for (const auto& stage : report.stages) {
    INFO(stage.name);
    CHECK(stage.adds_up());
    CHECK(stage.queued == 0);
  }
  CHECK(report.events.at("motion.began") >= 1);
  return report;
}

const sluice::StageReport& stage(const sluice::Report& report, std::string_view name) {
  for (const auto& s : report.stages)
    if (s.name == name) return s;
  throw std::invalid_argument("no such stage");
}

}  // namespace

TEST_CASE("flow.gate: its example runs, motion opens it, and every stage's books add up") {
  // How much goes on is up to how far motion.detect is behind; but something does, since the newest
  // frames are held until all inputs have ended.
  const auto report = example_run({"stage.gate.heartbeat=0s", "stage.gate.close=\"\""});
  const auto& gate = stage(report, "gate");
  CHECK(gate.in == 600);
  CHECK(gate.out > 0);
  CHECK(gate.failed == 0);
  CHECK(gate.out + gate.dropped_total() == 600);
  CHECK(stage(report, "end").in == gate.out);
}

TEST_CASE("flow.gate: in a graph, what is held to the end is dropped and counted") {
  const auto report = example_run({"stage.gate.open=\"\"", "stage.gate.pre_roll=1h",
                                   "stage.gate.max_frames=100", "stage.gate.heartbeat=0s"});
  const auto& gate = stage(report, "gate");
  CHECK(gate.in == 600);
  CHECK(gate.out == 0);
  CHECK(gate.dropped == sluice::ByCause{{"gate_closed", 600}});
}
