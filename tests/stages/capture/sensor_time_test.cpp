// A camera's own moment of each picture is used, unless it can't be true.

#include "capture/sensor_time.hpp"

#include <ctime>
#include <sluice/testkit.hpp>

#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using sluice::Duration;
using sluice::capture::SensorTime;

Duration since_start() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

TEST_CASE("a picture was taken when its camera says, and in the order that it says") {
  const sluice::testkit::FakeClock clock;  // stands still: only the camera's time moves
  SensorTime times(clock);
  const auto now = since_start();
  const auto first = times.captured(now - 1500ms);
  const auto second = times.captured(now - 1400ms);
  CHECK(first < second);
  CHECK(second < clock.utc() - 1300ms);
}

TEST_CASE(
    "a picture that has waited for long, as while the machine was busy, isn't taken for new") {
  const sluice::testkit::FakeClock clock;
  SensorTime times(clock);
  CHECK(times.captured(since_start() - 30s) <= clock.utc() - 30s);
}

TEST_CASE("a moment that can't be is that of arrival, and is forgotten") {
  const sluice::testkit::FakeClock clock;
  SensorTime times(clock);
  CHECK(times.captured(0ns) == clock.utc());
  CHECK(times.captured(-5s) == clock.utc());
  CHECK(times.captured(since_start() + 1h) == clock.utc());
  CHECK(times.captured(since_start() - 61s) == clock.utc());
  const auto good = since_start() - 1s;
  CHECK(times.captured(good) < clock.utc());
  CHECK(times.captured(good) == clock.utc());  // told twice
  CHECK(times.captured(good - 10ms) == clock.utc());
  CHECK(times.captured(good + 10ms) < clock.utc());
}
