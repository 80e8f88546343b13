#include <sluice/testkit.hpp>

#include "catch.hpp"

TEST_CASE("sink.discard counts every frame as out and gives none") {
  sluice::testkit::StageTest test("sink.discard");
  sluice::testkit::FakeSource camera(test.clock());
  for (int i = 0; i < 3; ++i) test.send(camera.frame(cv::Mat::zeros(4, 4, CV_8UC1)));
  CHECK(test.counts().in == 3);
  CHECK(test.counts().out == 3);
  CHECK(test.frames().empty());
}
