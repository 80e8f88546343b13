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
