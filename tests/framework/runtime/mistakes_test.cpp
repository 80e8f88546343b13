// What stages do wrong, and what is sent to them: counted or refused, and their neighbours go on.

#include <poll.h>

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

FramePtr frame_of(const Context& context, std::uint64_t i, int side = 2) {
  return std::make_shared<const Frame>(
      Frame{"cam",
            i,
            context.clock().utc(),
            true,
            Image(Kind::gray8, cv::Mat::zeros(side, side, CV_8UC1)),
            {}});
}

// Frames of every kind in turn.
struct AllKinds : LoopStage {
  static void declare(Declare<AllKinds>& d) {
    d.summary("Gives frames of every kind");
    d.output(kinds::frames);
  }
  void run(LoopContext& context) override {
    const auto send = [&](std::variant<Image, Encoded> payload) {
      context.emit(std::make_shared<const Frame>(
          Frame{"cam", next++, context.clock().utc(), true, std::move(payload), {}}));
    };
    for (int i = 0; i < 10; ++i) {
      send(Image(Kind::gray8, cv::Mat::zeros(2, 2, CV_8UC1)));
      send(Image(Kind::bgr8, cv::Mat::zeros(2, 2, CV_8UC3)));
      send(Image(Kind::bgra8, cv::Mat::zeros(2, 2, CV_8UC4)));
      send(Image::make_yuv420(2, 2));
      send(Image(Kind::array, cv::Mat::zeros(1, 60000, CV_8SC1)));
      send(Encoded::from(Kind::jpeg, {0xFF, 0xD8, 0xFF, 0xD9}));
      send(Encoded::from(Kind::png, {0x89, 'P', 'N', 'G'}));
    }
  }
  std::uint64_t next = 0;
};
SLUICE_STAGE(AllKinds, "rt.all_kinds");

// Believes its declaration, as an author may.
struct Believes : sluice::Stage {
  static void declare(Declare<Believes>& d) {
    d.summary("Takes gray8 and bgr8");
    d.input(Kind::gray8 | Kind::bgr8);
    d.mailbox({.when_full = WhenFull::block});
  }
  void process(const FramePtr& frame, Context&) override {
    gate("believes").write(std::string(to_string(frame->kind())), frame->image()->mat().total());
  }
};
SLUICE_STAGE(Believes, "rt.believes");

struct BelievesInLoop : LoopStage {
  static void declare(Declare<BelievesInLoop>& d) {
    d.summary("Takes gray8 and bgr8 in a thread");
    d.input(Kind::gray8 | Kind::bgr8);
    d.mailbox({.when_full = WhenFull::block});
  }
  void run(LoopContext& context) override {
    while (!context.stopping() && !context.inputs_ended())
      if (const auto frame = context.take(1s)) {
        gate("believes").write(std::string(to_string(frame->kind())), 0);
        context.done();
      }
  }
};
SLUICE_STAGE(BelievesInLoop, "rt.believes_in_loop");

// Makes a mistake of each sort.
struct Wrong : sluice::Stage {
  static void declare(Declare<Wrong>& d) {
    d.summary("Does it wrong");
    d.input(kinds::frames).output_same();
    d.input(Kind::event, "events");
    d.mailbox({.when_full = WhenFull::block});
    d.param("how", &Wrong::how, "what is wrong");
    d.ticks(1ms);
  }
  std::string how;
  void process(const FramePtr& frame, Context& context) override {
    if (how == "twice") context.drop("cam", "unwanted"), context.drop("cam", "unwanted");
    if (how == "both") context.fail("cam", "bad"), context.drop("cam", "unwanted");
    if (how == "twice, then throws") {
      context.drop("cam", "unwanted"), context.drop("cam", "unwanted");
      throw std::runtime_error("and now this");
    }
    if (how == "int") throw 5;
    if (how == "other thread")
      std::thread([&] {
        context.emit(frame);
        context.drop("cam", "unwanted");
      }).join();
    if (how == "null") context.emit(nullptr), context.offer(nullptr);
    if (how == "figures")
      for (int i = 0; i < 1000; ++i) {
        context.figure("figure " + std::to_string(i), "of", 1);
        context.figure(std::string(100'000, 'x'), "of", 1);
        context.figure("seen", std::string(100'000, 'x'), 1);
      }
    if (how == "flood")
      for (int i = 0; i < 10'000; ++i) context.emit(frame);
  }
  void on_event(const Event&, Context& context) override {
    if (how == "on_event") context.drop("cam", "unwanted");
  }
  void on_tick(Context& context) override {
    if (how == "tick") context.drop("cam", "unwanted");
    if (how == "tick floods")
      for (int i = 0; i < 100; ++i) context.emit(frame_of(context, ticked++, 64));
  }
  std::uint64_t ticked = 0;
};
SLUICE_STAGE(Wrong, "rt.wrong");

// A source that never waits to emit: until there is no room, or while its frames are taken.
struct NeverWaits : LoopStage {
  static void declare(Declare<NeverWaits>& d) {
    d.summary("A source that doesn't wait");
    d.output(Kind::gray8);
    d.param("throws", &NeverWaits::throws, "once there is no room");
  }
  bool throws = false;
  void run(LoopContext& context) override {
    pollfd wake{context.wake_fd(), POLLIN, 0};
    for (std::uint64_t i = 0; i < 20'000;) {
      auto frame = frame_of(context, i);
      if (throws && i == 1) CHECK(eventually([] { return gate("slow").waiting() == 1; }));
      if (context.try_emit(frame))
        ++i;
      else if (throws)
        throw std::runtime_error("the camera was pulled out");
      else
        poll(&wake, 1, -1);
    }
    // Nothing waits for room any more, so nothing is to be told.
    FramePtr none;
    const bool quiet = eventually([&] { return context.try_emit(none) && poll(&wake, 1, 0) == 0; });
    gate("never waits").write(quiet ? "quiet" : "spins", 0);
    while (!context.stopping()) poll(&wake, 1, -1);
  }
};
SLUICE_STAGE(NeverWaits, "rt.never_waits");

// A source that takes, settles, or is done with what it never had.
struct WrongSource : LoopStage {
  static void declare(Declare<WrongSource>& d) {
    d.summary("A source that takes");
    d.output(Kind::gray8);
    d.param("how", &WrongSource::how, "what is wrong");
  }
  std::string how;
  void run(LoopContext& context) override {
    context.emit(frame_of(context, 0));
    if (how == "null") {
      FramePtr none;
      context.emit(none);
      CHECK(context.try_emit(none));  // that asks whether there is room
    }
    if (how == "take") context.take(1s);
    if (how == "done") context.done();
    if (how == "other thread") {
      std::thread([&] {
        context.emit(frame_of(context, 1));
        context.offer(frame_of(context, 2));
        auto frame = frame_of(context, 3);
        CHECK_FALSE(context.try_emit(frame));
      }).join();
      context.emit(frame_of(context, 4));
    }
  }
};
SLUICE_STAGE(WrongSource, "rt.wrong_source");

struct WrongLoop : LoopStage {
  static void declare(Declare<WrongLoop>& d) {
    d.summary("A loop that settles too much");
    d.input(kinds::frames);
    d.mailbox({.when_full = WhenFull::block});
  }
  void run(LoopContext& context) override {
    while (!context.stopping() && !context.inputs_ended())
      if (context.take(1s)) {
        context.done(3);
        context.drop("cam", "unwanted");
        context.fail("cam", "bad");
      }
  }
};
SLUICE_STAGE(WrongLoop, "rt.wrong_loop");

// A new name with each frame, which then is gone; and an event of a new name.
struct Names : LoopStage {
  static void declare(Declare<Names>& d) {
    d.summary("Ever new names");
    d.output(Kind::gray8);
    d.raises_any();
  }
  void run(LoopContext& context) override {
    for (int i = 0; i < 2000; ++i) {
      const auto name = "x" + std::to_string(i);
      context.raise({name, {}});
      context.figure("seen", name, 1);
      context.emit(
          std::make_shared<const Frame>(Frame{name,
                                              0,
                                              context.clock().utc(),
                                              true,
                                              Image(Kind::gray8, cv::Mat::zeros(2, 2, CV_8UC1)),
                                              {}}));
      context.gone(name);
    }
  }
};
SLUICE_STAGE(Names, "rt.names");

struct Forgets : sluice::Stage {
  static void declare(Declare<Forgets>& d) {
    d.summary("Forgets");
    d.input(kinds::frames);
    d.mailbox({.when_full = WhenFull::block});
  }
  void process(const FramePtr& frame, Context& context) override {
    context.figure("seen", frame->source, 1);
    gate("end").write("frame", 0);
  }
  void on_gone(const std::string&, Context&) override { gate("end").write("gone", 0); }
};
SLUICE_STAGE(Forgets, "rt.forgets");

struct ForgetsInLoop : LoopStage {
  static void declare(Declare<ForgetsInLoop>& d) {
    d.summary("Forgets, in a thread");
    d.input(kinds::frames).output_same();
    d.mailbox({.when_full = WhenFull::block});
  }
  void run(LoopContext& context) override {
    while (!context.stopping() && !context.inputs_ended())
      if (const auto frame = context.take(1s)) {
        context.figure("seen", frame->source, 1);
        gate("loop").write("frame", 0);
        context.emit(frame);
        context.done();
      }
  }
  void on_gone(const std::string&, Context&) override { gate("loop").write("gone", 0); }
};
SLUICE_STAGE(ForgetsInLoop, "rt.forgets_in_loop");

Report run_to_end(Engine& engine) {
  engine.start();
  REQUIRE(engine.wait(60s));
  const auto report = engine.report();
  for (const auto& stage : report.stages) {
    INFO(stage.name);
    CHECK(stage.adds_up());
  }
  return report;
}

double mistakes(const StageReport& stage) {
  const auto it = stage.figures.find("mistakes");
  return it == stage.figures.end() ? 0 : it->second.at("all");
}

}  // namespace

TEST_CASE_METHOD(test::FreshGates, "a stage never sees a kind that its input doesn't declare") {
  const std::string type = GENERATE("rt.believes", "rt.believes_in_loop");
  Engine engine(plan_of({{"camera", "rt.all_kinds", {}}, {"end", type, {"camera"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  CHECK(gate("believes").lines().size() == 20);
  CHECK(gate("believes").count("gray8") == 10);
  CHECK(gate("believes").count("bgr8") == 10);
  const auto& end = stage_of(report, "end");
  CHECK(end.in == 70);
  CHECK(end.failed == 50);
  CHECK(end.restarts == 0);
  CHECK(end.sources.at("cam").failed == 50);
}

TEST_CASE_METHOD(test::FreshGates,
                 "a frame that is settled twice, or outside of process(), is settled once") {
  struct Row {
    const char* how;
    std::uint64_t out, failed, dropped, restarts;
    double mistakes;
  };
  const auto row = GENERATE(values<Row>({
      {"nothing", 5, 0, 0, 0, 0},
      {"twice", 0, 0, 5, 0, 5},
      {"both", 0, 5, 0, 0, 5},
      {"twice, then throws", 0, 0, 5, 5, 5},
      {"int", 0, 5, 0, 5, 0},
      {"null", 5, 0, 0, 0, 10},
      {"figures", 5, 0, 0, 0, 0},
      {"other thread", 5, 0, 0, 0, 10},
  }));
  INFO(row.how);
  Engine engine(plan_of({{"camera", "rt.count", {}, {{"frames", 5}}},
                         {"wrong", "rt.wrong", {"camera"}, {{"how", std::string(row.how)}}},
                         {"end", "rt.collect", {"wrong"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  const auto& wrong = stage_of(report, "wrong");
  CHECK(wrong.out == row.out);
  CHECK(wrong.failed == row.failed);
  CHECK(wrong.dropped_total() == row.dropped);
  CHECK(wrong.restarts == row.restarts);
  CHECK(mistakes(wrong) == row.mistakes);
  CHECK(wrong.figures.size() <= 64);
  CHECK(stage_of(report, "end").in == 0);
}

TEST_CASE_METHOD(test::FreshGates, "drop() in a tick or for an event settles nothing") {
  auto plan = plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                       {"moody", "rt.moody", {"camera"}},
                       {"wrong", "rt.wrong", {"moody"}, {{"how", std::string("tick")}}},
                       {"end", "rt.collect", {"camera"}}});
  const bool by_event = GENERATE(false, true);
  if (by_event) {
    plan = plan_of({{"camera", "rt.count", {}, {{"frames", 0}}},
                    {"moody", "rt.moody", {"camera"}},
                    {"wrong", "rt.wrong", {"moody.events"}, {{"how", std::string("on_event")}}},
                    {"end", "rt.collect", {"camera"}}});
    plan.stages[2].links[0].input = 1;
  }
  Engine engine(std::move(plan));
  engine.start();
  CHECK(eventually([&] { return mistakes(stage_of(engine.report(), "wrong")) >= 3; }));
  engine.stop();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
  CHECK(stage_of(engine.report(), "wrong").dropped.count("unwanted") == 0);
  CHECK(stage_of(engine.report(), "wrong").adds_up());
  CHECK(stage_of(engine.report(), "end").in > 0);
}

TEST_CASE_METHOD(test::FreshGates, "a source that takes or settles is told what is wrong") {
  const std::string how = GENERATE("take", "done");
  Engine engine(plan_of({{"camera",
                          "rt.wrong_source",
                          {},
                          {{"how", how}},
                          [](StagePlan& p) { p.restart.on_failure = false; }},
                         {"end", "rt.collect", {"camera"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().find("a source has no frames") != std::string::npos);
  CHECK(stage_of(report, "end").in == 1);
}

TEST_CASE_METHOD(test::FreshGates,
                 "a source that need not wait is woken for room, and for no more") {
  Engine engine(plan_of({{"camera", "rt.never_waits", {}}, {"end", "rt.collect", {"camera"}}}));
  engine.start();
  REQUIRE(eventually([&] { return gate("never waits").lines().size() == 1; }));
  CHECK(gate("never waits").count("quiet") == 1);
  engine.stop();
  REQUIRE(engine.wait(60s));
  CHECK(stage_of(engine.report(), "end").out == 20'000);
}

TEST_CASE_METHOD(test::FreshGates, "what a source could not hand on is dropped when it fails") {
  Engine engine(plan_of({{"camera",
                          "rt.never_waits",
                          {},
                          {{"throws", true}},
                          [](StagePlan& p) { p.restart.on_failure = false; }},
                         {"end", "rt.collect", {"camera"}, {{"gate", std::string("slow")}}}}));
  engine.start();
  const auto given = [&] { return stage_of(engine.report(), "camera").out; };
  const auto came = [&] { return stage_of(engine.report(), "end").in; };
  REQUIRE(eventually([&] { return engine.report().events.count("stage.failed") == 1; }));
  CHECK(eventually([&] { return given() == came(); }));
  gate("slow").open();
  REQUIRE(engine.wait(60s));
  const auto report = engine.report();
  CHECK(stage_of(report, "camera").out == stage_of(report, "end").in);
  CHECK(stage_of(report, "end").dropped_total() == 1);
  CHECK(stage_of(report, "end").adds_up());
}

TEST_CASE_METHOD(test::FreshGates, "a source that emits no frame at all is told so") {
  Engine engine(plan_of({{"camera", "rt.wrong_source", {}, {{"how", std::string("null")}}},
                         {"end", "rt.collect", {"camera"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  CHECK(stage_of(report, "end").in == 1);
  CHECK(mistakes(stage_of(report, "camera")) == 1);
}

TEST_CASE_METHOD(test::FreshGates, "what a source emits from a foreign thread is refused") {
  Engine engine(plan_of({{"camera", "rt.wrong_source", {}, {{"how", std::string("other thread")}}},
                         {"end", "rt.collect", {"camera"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  CHECK(stage_of(report, "end").in == 2);
  CHECK(mistakes(stage_of(report, "camera")) == 3);
}

TEST_CASE_METHOD(test::FreshGates,
                 "a source that is gone is told to every stage behind, after its last frame") {
  Engine engine(plan_of({{"camera", "rt.names", {}},
                         {"pass", "rt.pass", {"camera"}},
                         {"loop", "rt.forgets_in_loop", {"pass"}},
                         {"end", "rt.forgets", {"loop"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  for (const char* book : {"loop", "end"}) {
    const auto lines = gate(book).lines();
    REQUIRE(lines.size() == 4000);
    bool right = true;
    for (std::size_t i = 0; i < lines.size(); i += 2)
      right = right && lines[i].first == "frame" && lines[i + 1].first == "gone";
    CHECK(right);
  }
  for (const auto& stage : report.stages) {
    INFO(stage.name);
    CHECK(stage.sources.size() <= 258);
    // What it told of its sources, too.
    CHECK((stage.figures.empty() || stage.figures.at("seen").size() == 256));
  }
  CHECK(report.events.size() <= 257);
  CHECK(report.events.at("(others)") > 0);
}

TEST_CASE_METHOD(test::FreshGates, "a loop settles no more than it has in hand") {
  Engine engine(plan_of(
      {{"camera", "rt.count", {}, {{"frames", 5}}}, {"wrong", "rt.wrong_loop", {"camera"}}}));
  const auto report = run_to_end(engine);
  CHECK(engine.failure().empty());
  CHECK(stage_of(report, "wrong").out == 5);
  CHECK(mistakes(stage_of(report, "wrong")) == 15);
}

TEST_CASE_METHOD(
    test::FreshGates,
    "who emits more than there is room for keeps a bounded number, and loses the rest") {
  auto plan = plan_of({{"camera", "rt.count", {}, {{"frames", 1}}},
                       {"wrong", "rt.wrong", {"camera"}, {{"how", std::string("flood")}}},
                       {"end", "rt.collect", {"wrong"}, {{"gate", std::string("slow")}}}});
  Engine engine(std::move(plan));
  engine.start();
  CHECK(eventually([&] { return stage_of(engine.report(), "wrong").out == 1; }));
  gate("slow").open();
  REQUIRE(engine.wait(60s));
  const auto report = engine.report();
  CHECK(engine.failure().empty());
  const auto& end = stage_of(report, "end");
  CHECK(end.in == 10'000);
  CHECK(end.dropped.at("mailbox_full") >= 10'000 - 4096 - 8);
  CHECK(end.out >= 4000);
  CHECK(end.adds_up());
}

TEST_CASE_METHOD(test::FreshGates, "a stage that can't hand on what it has doesn't tick") {
  Engine engine(
      plan_of({{"camera", "rt.count", {}, {{"frames", 0}, {"gate", std::string("never")}}},
               {"wrong", "rt.wrong", {"camera"}, {{"how", std::string("tick floods")}}},
               {"end", "rt.collect", {"wrong"}, {{"gate", std::string("slow")}}}}));
  engine.start();
  CHECK(eventually([&] { return gate("slow").waiting() == 1; }));
  // A hundred frames were made by one tick; the next comes when there is room for all of them.
  std::this_thread::sleep_for(100ms);
  CHECK(stage_of(engine.report(), "end").in <= 8);
  // What waits to be handed on takes memory, too.
  const auto report = engine.report();
  CHECK(stage_of(report, "wrong").held_bytes >= 90 * 64 * 64);
  CHECK(report.held_bytes >=
        stage_of(report, "wrong").held_bytes + stage_of(report, "end").held_bytes);
  gate("slow").open();
  CHECK(eventually([&] { return stage_of(engine.report(), "end").in > 300; }));
  engine.stop();
  REQUIRE(engine.wait(60s));
  CHECK(stage_of(engine.report(), "end").adds_up());
}

TEST_CASE_METHOD(test::FreshGates,
                 "a stage whose code does not return is told of, and its neighbours go on") {
  auto plan = plan_of({{"camera", "rt.count", {}, {{"frames", 0}, {"live", false}}},
                       {"stuck",
                        "rt.hang",
                        {"camera"},
                        {},
                        [](StagePlan& p) { p.mailbox.when_full = WhenFull::block; }},
                       {"end", "rt.collect", {"camera"}}});
  EngineOptions options;
  options.stuck_after = 20ms;
  Engine engine(std::move(plan), options);
  engine.start();
  CHECK(eventually([&] { return engine.report().events.count("stage.stuck") == 1; }));
  CHECK(eventually([&] { return stage_of(engine.report(), "end").out > 100; }));
  CHECK(eventually(
      [&] { return stage_of(engine.report(), "stuck").dropped.count("stage_down") == 1; }));
  gate("hang").open();
  engine.stop();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
  CHECK(stage_of(engine.report(), "stuck").adds_up());
}

TEST_CASE_METHOD(test::FreshGates,
                 "plugins' stages that never return take no thread from the others, however many") {
  StageType of_plugin = *StageTypes::all().find("rt.hang");
  of_plugin.plugin = "libhang.so";
  std::vector<test::Stage> stages{{"camera", "rt.count", {}, {{"frames", 0}, {"live", true}}}};
  for (int i = 0; i < 12; ++i)
    stages.push_back({"stuck" + std::to_string(i), "rt.hang", {"camera"}, {}, [&](StagePlan& p) {
                        p.type = &of_plugin;
                      }});
  stages.push_back({"pass", "rt.pass", {"camera"}});
  stages.push_back({"end", "rt.collect", {"pass"}});
  Engine engine(plan_of(stages));
  engine.start();
  REQUIRE(eventually([&] { return gate("hang").waiting() == 12; }));
  const auto had = stage_of(engine.report(), "end").out;
  CHECK(eventually([&] { return stage_of(engine.report(), "end").out > had + 100; }));
  gate("hang").open();
  engine.stop();
  REQUIRE(engine.wait(60s));
  CHECK(engine.failure().empty());
}
