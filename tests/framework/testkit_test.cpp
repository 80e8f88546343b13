#include <sluice/testkit.hpp>

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
