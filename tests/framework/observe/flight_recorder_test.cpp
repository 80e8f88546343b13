#include <sluice/observe/flight_recorder.hpp>
#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using Fate = Slice::Fate;

namespace {

FramePtr frame_of(const std::string& source, std::uint64_t sequence) {
  return testkit::make_frame(cv::Mat(1, 1, CV_8UC1), source, sequence);
}

// "porch 7 done 2 ms", "porch 8 dropped: no_reply 0 ms"
std::vector<std::string> lines(const FlightRecorder::Taken& taken) {
  std::vector<std::string> lines;
  for (const auto& slice : taken.slices) {
    auto line = taken.names[slice.source] + " " + std::to_string(slice.sequence);
    if (slice.fate == Fate::done) line += " done";
    if (slice.fate == Fate::failed) line += " failed";
    if (slice.fate == Fate::dropped) line += " dropped: " + taken.names[slice.cause];
    if (slice.fate == Fate::refused) line += " refused: " + taken.names[slice.cause];
    lines.push_back(line + " " + std::to_string(slice.length / 1ms) + " ms");
  }
  return lines;
}

}  // namespace

TEST_CASE("a flight recorder keeps the newest slices in order, and counts those that made room") {
  const testkit::FakeClock clock;
  FlightRecorder recorder(clock, 4);
  for (std::uint64_t i = 0; i < 10; ++i) {
    const SteadyTime start(i * 10ms);
    recorder.handed_on(*frame_of("porch", i), start, start + 1ms, 5ms);
  }
  const auto taken = recorder.take();
  CHECK(lines(taken) == std::vector<std::string>{"porch 6 done 1 ms", "porch 7 done 1 ms",
                                                 "porch 8 done 1 ms", "porch 9 done 1 ms"});
  CHECK(taken.slices[0].start == SteadyTime(60ms));
  CHECK(taken.slices[0].age == 5ms);
  CHECK(taken.left_out == 6);

  SECTION("what was taken is gone, and recording goes on") {
    recorder.handed_on(*frame_of("porch", 10), {}, {}, {});
    const auto more = recorder.take();
    CHECK(lines(more) == std::vector<std::string>{"porch 10 done 0 ms"});
    CHECK(more.left_out == 0);
  }
}

TEST_CASE("a flight recorder finds out which of the frames in hand is settled") {
  testkit::FakeClock clock;
  FlightRecorder recorder(clock);
  recorder.took(*frame_of("porch", 1), clock.steady(), 3ms, 4ms);
  recorder.took(*frame_of("garage", 1), clock.steady(), {}, {});
  recorder.took(*frame_of("garage", 2), clock.steady(), {}, {});
  recorder.took(*frame_of("porch", 2), clock.steady(), {}, {});
  recorder.took(*frame_of("porch", 3), clock.steady(), {}, {});
  clock.advance(2ms);
  recorder.dropped("garage", "no_reply");  // the one that was in hand for longest
  recorder.done(2, clock.steady());
  clock.advance(1ms);
  recorder.failed({});  // whose it was is not known
  recorder.all_failed();
  recorder.done(1, clock.steady());  // nothing is in hand
  const auto taken = recorder.take();
  CHECK(lines(taken) == std::vector<std::string>{"garage 1 dropped: no_reply 2 ms",
                                                 "porch 1 done 2 ms", "garage 2 done 2 ms",
                                                 "porch 2 failed 3 ms", "porch 3 failed 3 ms"});
  CHECK(taken.slices[1].wait == 3ms);
  CHECK(taken.slices[1].age == 4ms);
}

TEST_CASE("a flight recorder notes what the mailbox dropped, whatever is in hand") {
  testkit::FakeClock clock;
  FlightRecorder recorder(clock);
  recorder.took(*frame_of("porch", 1), clock.steady(), {}, {});
  clock.advance(2ms);
  const auto late =
      testkit::make_frame(cv::Mat(1, 1, CV_8UC1), "porch", 2, testkit::FakeClock().utc() - 1ms);
  recorder.refused(*late, "too_old");
  recorder.done(1, clock.steady());
  const auto taken = recorder.take();
  CHECK(lines(taken) ==
        std::vector<std::string>{"porch 2 refused: too_old 0 ms", "porch 1 done 2 ms"});
  CHECK(taken.slices[0].start == SteadyTime(2ms));
  CHECK(taken.slices[0].age == 3ms);
}

TEST_CASE("sources without end share a name in a flight recorder: its memory is bounded") {
  const testkit::FakeClock clock;
  FlightRecorder recorder(clock, 2);
  for (std::uint64_t i = 0; i < 5000; ++i)
    recorder.handed_on(*frame_of("source-" + std::to_string(i), i), {}, {}, {});
  const auto taken = recorder.take();
  CHECK(taken.names.size() < 1100);
  CHECK(lines(taken) ==
        std::vector<std::string>{"(others) 4998 done 0 ms", "(others) 4999 done 0 ms"});
}
