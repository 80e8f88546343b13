#include <sluice/testkit.hpp>
#include <thread>

#include "catch.hpp"

using namespace sluice;
using namespace sluice::testkit;
using namespace std::chrono_literals;

TEST_CASE("a fake source counts its frames, and takes them at the clock's time") {
  FakeClock clock;
  FakeSource camera(clock, "garage");
  const auto first = camera.frame(cv::Mat(2, 3, CV_8UC3, cv::Scalar(1, 2, 3)));
  clock.advance(40ms);
  const auto second = camera.frame(Encoded::from(Kind::jpeg, {1, 2, 3}));
  CHECK(first->source == "garage");
  CHECK(first->sequence == 0);
  CHECK(first->captured == FakeClock().utc());
  CHECK(first->captured_known);
  CHECK(first->kind() == Kind::bgr8);
  CHECK(first->image()->width() == 3);
  CHECK(second->sequence == 1);
  CHECK(second->captured - first->captured == 40ms);
  CHECK(second->kind() == Kind::jpeg);
  CHECK(second->bytes() == 3);
}

TEST_CASE("a fake source with an interval takes its frames that far apart") {
  FakeClock clock;
  FakeSource camera(clock, "cam", 33ms);
  const auto first = camera.frame(cv::Mat(2, 2, CV_8UC1));
  const auto second = camera.frame(cv::Mat(2, 2, CV_8UC1));
  CHECK(second->captured - first->captured == 33ms);
}

namespace {

// Hands on what comes, and raises what it hears.
struct Echo : LoopStage {
  static void declare(Declare<Echo>& d) {
    d.summary("For a test");
    d.input(Kind::gray8).input(Kind::event, "events").output_same().raises({"heard"});
  }
  void run(LoopContext& context) override {
    while (!context.inputs_ended()) {
      const auto frame = context.take(1s);
      if (!frame) continue;
      frames_ += 1;
      context.emit(frame);
      context.done();
    }
  }
  void on_event(const Event& event, Context& context) override {
    context.raise({"heard", event.source, {{"after", frames_}}});
  }

 private:
  std::int64_t frames_ = 0;
};
SLUICE_STAGE(Echo, "testkit.echo");

}  // namespace

TEST_CASE("a loop takes the frames and events of its mailbox in their order") {
  StageTest test("testkit.echo");
  const auto pixels = cv::Mat(1, 1, CV_8UC1, cv::Scalar(0));
  test.queue(make_frame(pixels, "cam", 0));
  test.queue(Event{"first", "a"});
  test.queue(make_frame(pixels, "cam", 1));
  test.queue(make_frame(pixels, "cam", 2));
  test.queue(Event{"second", "b"});
  test.end_inputs();
  test.run();
  CHECK(test.frames().size() == 3);
  CHECK(test.counts().in == 3);
  CHECK(test.counts().out == 3);
  const auto events = test.events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].source == "a");
  CHECK(std::get<std::int64_t>(events[0].details.at(0).second) == 1);
  CHECK(events[1].source == "b");
  CHECK(std::get<std::int64_t>(events[1].details.at(0).second) == 3);
}

namespace {

// Makes a mistake of each sort, or keeps to the rules.
struct Odd : sluice::Stage {
  static void declare(Declare<Odd>& d) {
    d.summary("For a test");
    d.input(Kind::gray8).output_same();
    d.param("how", &Odd::how, "what it does");
  }
  std::string how;
  void process(const FramePtr& frame, Context& context) override {
    if (how == "twice") context.drop("cam", "a"), context.drop("cam", "a");
    if (how == "thread") {
      std::thread([&] {
        try {
          context.emit(frame);
        } catch (const std::logic_error& e) {
          said = e.what();
        }
      }).join();
      throw std::logic_error(said);
    }
    if (how == "keep") {
      kept += frame->bytes();
      if (!context.hold(kept)) context.hold(kept = 0);
    }
    if (how == "tell") context.gone(frame->source);
  }
  void on_tick(Context& context) override { context.drop("cam", "a"); }
  void on_gone(const std::string& source, Context& context) override {
    context.log(LogLevel::info, "forgot " + source);
  }
  std::string said;
  std::size_t kept = 0;
};
SLUICE_STAGE(Odd, "testkit.odd");

struct Stubborn : LoopStage {
  static void declare(Declare<Stubborn>& d) {
    d.summary("For a test");
    d.output(Kind::gray8);
    d.param("tries", &Stubborn::tries, "try_emit() instead of waiting");
  }
  bool tries = false;
  void run(LoopContext& context) override {
    FakeSource camera(context.clock());
    while (tries && !context.stopping()) {
      auto frame = camera.frame(cv::Mat(1, 1, CV_8UC1, cv::Scalar(0)));
      if (!context.try_emit(frame)) {
        CHECK(frame);  // it is still the stage's
        return;
      }
      CHECK_FALSE(frame);
    }
    if (!tries) context.take(1s);
  }
};
SLUICE_STAGE(Stubborn, "testkit.stubborn");

FramePtr gray() { return make_frame(cv::Mat(1, 1, CV_8UC1, cv::Scalar(0))); }

}  // namespace

TEST_CASE("the kit refuses what the runtime would refuse") {
  StageTest twice("testkit.odd", {{"how", std::string("twice")}});
  CHECK_THROWS_WITH(twice.send(gray()), "drop() without a frame in hand: each is settled once");
  StageTest ticks("testkit.odd");
  CHECK_THROWS_WITH(ticks.tick(), "drop() without a frame in hand: each is settled once");
  StageTest thread("testkit.odd", {{"how", std::string("thread")}});
  CHECK_THROWS_WITH(thread.send(gray()),
                    "emit() was called from a thread that is not the stage's own: leave such calls "
                    "to process() or run()");
  StageTest source("testkit.stubborn");
  CHECK_THROWS_WITH(source.run(), "take(): a source has no frames to take");
}

TEST_CASE("the kit gives a stage only what its input takes") {
  StageTest test("testkit.odd");
  test.send(make_frame(cv::Mat(1, 1, CV_8UC3, cv::Scalar(0))));
  test.send(gray());
  CHECK(test.counts().in == 2);
  CHECK(test.counts().failed == 1);
  CHECK(test.counts().out == 1);
  CHECK(test.log() == std::vector<std::string>{"'in' takes gray8, and bgr8 came"});
}

TEST_CASE("the kit tells a stage of sources that are gone, of memory, and of room") {
  StageTest odd("testkit.odd", {{"how", std::string("tell")}});
  odd.send_gone("pi");
  CHECK(odd.log() == std::vector<std::string>{"forgot pi"});
  odd.send(gray());
  CHECK(odd.gone() == std::vector<std::string>{"cam"});

  StageTest keeps("testkit.odd", {{"how", std::string("keep")}});
  keeps.limit_memory(2);
  keeps.send(gray());
  keeps.send(gray());
  CHECK(keeps.held_bytes() == 2);
  keeps.send(gray());
  CHECK(keeps.held_bytes() == 0);

  StageTest tries("testkit.stubborn", {{"tries", true}});
  tries.limit_room(3);
  tries.run();
  CHECK(tries.frames().size() == 3);

  StageTest loop("testkit.echo");
  loop.queue(gray());
  loop.queue_gone("cam");
  loop.end_inputs();
  loop.run();
  CHECK(loop.frames().size() == 1);
}
