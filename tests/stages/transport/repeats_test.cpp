#include "transport/repeats.hpp"

#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace sluice;

TEST_CASE("a sender that changes its names without end is remembered by a few of them") {
  Repeats repeats;
  const testkit::FakeClock clock;
  const auto frame = [&](const std::string& source) {
    return testkit::make_frame(cv::Mat::zeros(2, 2, CV_8UC1), source, 0, clock.utc());
  };
  for (int i = 0; i < 5000; ++i) repeats.took(frame("x" + std::to_string(i)), clock.steady());
  CHECK(repeats.sources() <= Repeats::kMostSources);
  CHECK(repeats.bytes() <= 4 * Repeats::kMostSources);
  // What it sends now is told from what it repeats, all the same.
  CHECK(repeats.repeats(*frame("x4999")));
  CHECK_FALSE(repeats.repeats(*frame("camera")));
  repeats.took(frame("camera"), clock.steady());
  CHECK(repeats.repeats(*frame("camera")));
}
