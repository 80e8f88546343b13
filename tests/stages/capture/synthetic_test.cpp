#include <opencv2/imgproc.hpp>
#include <set>
#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace std::chrono_literals;
using sluice::FramePtr;
using sluice::testkit::StageTest;

namespace {

std::vector<FramePtr> scene(StageTest::Parameters parameters, int frames) {
  parameters.insert(parameters.begin(), {{"rate", 0.0}, {"frames", std::int64_t{frames}}});
  StageTest test("capture.synthetic", parameters);
  test.run();
  return test.frames();
}

bool same(const FramePtr& a, const FramePtr& b) {
  if (a->image()->planes() != b->image()->planes()) return false;
  for (int p = 0; p < a->image()->planes(); ++p)
    if (cv::norm(a->image()->plane(p), b->image()->plane(p), cv::NORM_INF) != 0) return false;
  return a->annotations == b->annotations;
}

// Where the luma of two frames differs by more than noise ever does.
cv::Mat different(const FramePtr& a, const FramePtr& b) {
  cv::Mat difference;
  cv::absdiff(a->image()->gray(), b->image()->gray(), difference);
  return difference > 30;
}

cv::Mat truth(const FramePtr& frame) {
  cv::Mat mask = cv::Mat::zeros(frame->image()->height(), frame->image()->width(), CV_8UC1);
  for (const auto& a : frame->annotations) {
    const cv::Rect r(cvRound(a.box.x * mask.cols), cvRound(a.box.y * mask.rows),
                     cvRound(a.box.width * mask.cols), cvRound(a.box.height * mask.rows));
    mask(r).setTo(255);
  }
  return mask;
}

}  // namespace

TEST_CASE("capture.synthetic repeats a scene bit for bit, and each seed has its own") {
  const auto format = GENERATE(std::string("bgr8"), std::string("gray8"), std::string("yuv420"));
  const auto one = scene({{"format", format}, {"seed", std::int64_t{7}}}, 12);
  const auto again = scene({{"format", format}, {"seed", std::int64_t{7}}}, 12);
  const auto other = scene({{"format", format}, {"seed", std::int64_t{8}}}, 12);
  REQUIRE(one.size() == 12);
  REQUIRE(again.size() == 12);
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(same(one[i], again[i]));
    CHECK_FALSE(same(one[i], other[i]));
    CHECK(one[i]->sequence == i);
    CHECK(to_string(one[i]->kind()) == format);
    // Frames that are held on to keep their pixels: none is drawn into again.
    if (i > 0) CHECK_FALSE(same(one[i], one[i - 1]));
  }
}

TEST_CASE("capture.synthetic repeats its first frames from memory") {
  const auto frames = scene({{"preload", std::int64_t{4}}}, 10);
  const auto drawn = scene({}, 4);
  REQUIRE(frames.size() == 10);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    INFO(i);
    CHECK(same(frames[i], drawn[i % 4]));
    CHECK(frames[i]->image()->mat().data == frames[i % 4]->image()->mat().data);
    CHECK(frames[i]->sequence == i);
  }
  CHECK(scene({{"preload", std::int64_t{4}}}, 2).size() == 2);
}

TEST_CASE("capture.synthetic shows cameras of different seeds in different colours") {
  std::set<int> hues;
  for (std::int64_t seed = 1; seed <= 6; ++seed) {
    const auto frame = scene({{"seed", seed}, {"objects", std::int64_t{0}}}, 1).at(0);
    cv::Mat pixel(1, 1, CV_8UC3, cv::mean(frame->image()->mat()));
    cv::cvtColor(pixel, pixel, cv::COLOR_BGR2HSV);
    CHECK(pixel.at<cv::Vec3b>(0, 0)[1] > 60);  // saturation
    hues.insert(pixel.at<cv::Vec3b>(0, 0)[0] / 10);
  }
  CHECK(hues.size() == 6);
}

TEST_CASE("capture.synthetic's true boxes are where the scene differs from the empty one") {
  const auto format = GENERATE(std::string("bgr8"), std::string("gray8"), std::string("yuv420"));
  const auto objects = GENERATE(std::int64_t{1}, std::int64_t{3}, std::int64_t{40});
  const StageTest::Parameters common = {{"format", format},
                                        {"width", std::int64_t{321}},
                                        {"height", std::int64_t{243}},
                                        {"seed", std::int64_t{3}},
                                        {"still", "0s"}};
  auto full_of = common, empty = common;
  full_of.push_back({"objects", objects});
  empty.push_back({"objects", std::int64_t{0}});
  const auto with = scene(full_of, 200);
  const auto without = scene(empty, 200);
  std::size_t boxes = 0;
  for (std::size_t i = 0; i < with.size(); ++i) {
    CHECK(without[i]->annotations.empty());
    for (const auto& a : with[i]->annotations) CHECK(a.label == "truth");
    boxes += with[i]->annotations.size();
    CHECK(cv::countNonZero(different(with[i], without[i]) != truth(with[i])) == 0);
  }
  if (objects == 1) CHECK(boxes == 200);  // nothing hides it
  CHECK(boxes >= 200);
}

TEST_CASE("capture.synthetic's objects move smoothly and within the picture") {
  const auto frames = scene({{"objects", std::int64_t{1}},
                             {"still", "0s"},
                             {"width", std::int64_t{320}},
                             {"height", std::int64_t{240}}},
                            900);
  double way = 0;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const auto& before = frames[i - 1]->annotations.at(0).box;
    const auto& box = frames[i]->annotations.at(0).box;
    CHECK(box.x >= 0);
    CHECK(box.y >= 0);
    CHECK(box.x + box.width <= 1);
    CHECK(box.y + box.height <= 1);
    const double step = std::abs(box.x - before.x) + std::abs(box.y - before.y);
    CHECK(step < 0.04);
    way += step;
  }
  CHECK(way > 2);
}

TEST_CASE("capture.synthetic's objects are gone in still phases, where only noise is left") {
  const auto frames = scene({{"moving", "2s"}, {"still", "1s"}}, 200);  // 60 and 30 frames
  const auto empty = scene({{"objects", std::int64_t{0}}}, 200);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const bool moves = i % 90 < 60;
    CHECK(frames[i]->annotations.empty() == !moves);
    CHECK(same(frames[i], empty[i]) == !moves);
  }
  CHECK_FALSE(same(empty[60], empty[61]));
  CHECK(cv::countNonZero(different(empty[60], empty[61])) == 0);
  // They come back to where they were.
  const auto& left = frames[59]->annotations.at(0).box;
  const auto& back = frames[90]->annotations.at(0).box;
  CHECK(std::abs(left.x - back.x) + std::abs(left.y - back.y) < 0.04);
}

TEST_CASE("capture.synthetic gives pictures of any size") {
  const auto format = GENERATE(std::string("bgr8"), std::string("gray8"), std::string("yuv420"));
  const auto size =
      GENERATE(cv::Size(16, 16), cv::Size(17, 31), cv::Size(1921, 19), cv::Size(16, 8192));
  const auto frames = scene({{"format", format},
                             {"objects", std::int64_t{64}},
                             {"width", std::int64_t{size.width}},
                             {"height", std::int64_t{size.height}}},
                            3);
  REQUIRE(frames.size() == 3);
  for (const auto& frame : frames) {
    CHECK(frame->image()->width() == size.width);
    CHECK(frame->image()->height() == size.height);
  }
}

TEST_CASE("capture.synthetic keeps its rate to the nanosecond, without drift") {
  StageTest test("capture.synthetic",
                 {{"rate", 30.0}, {"width", std::int64_t{16}}, {"height", std::int64_t{16}}});
  const auto begin = test.clock().steady();
  test.run([&](const StageTest& t) { return t.frames().size() == 1801; });
  CHECK(test.clock().steady() - begin == 60s);
  const auto frames = test.frames();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto since = frames[i]->captured - frames[0]->captured;
    CHECK(std::abs(since.count() - static_cast<std::int64_t>(i) * 1'000'000'000 / 30) <= 1);
  }
}

TEST_CASE("capture.synthetic waits in steps of a second at most") {
  StageTest test("capture.synthetic", {{"rate", 0.1}});
  auto last = test.clock().steady();
  sluice::Duration longest{};
  test.run([&](const StageTest& t) {
    const auto now = test.clock().steady();
    longest = std::max(longest, sluice::Duration(now - last));
    last = now;
    return t.frames().size() == 3;
  });
  CHECK(longest == 1s);
  CHECK(test.frames().at(2)->captured - test.frames().at(0)->captured == 20s);
}

TEST_CASE("capture.synthetic leaves out what a stall made it miss, without a gap in sequence") {
  StageTest test("capture.synthetic", {{"rate", 10.0}});
  bool stalled = false;
  test.run([&](const StageTest& t) {
    if (t.frames().size() == 3 && !stalled) {
      stalled = true;
      test.clock().advance(950ms);  // whoever took the third frame was slow
    }
    return t.frames().size() == 6;
  });
  const auto frames = test.frames();
  std::vector<std::int64_t> at;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    at.push_back(
        std::chrono::round<std::chrono::milliseconds>(frames[i]->captured - frames[0]->captured)
            .count());
    CHECK(frames[i]->sequence == i);
  }
  CHECK(at == std::vector<std::int64_t>{0, 100, 200, 1150, 1200, 1300});
}

TEST_CASE("capture.synthetic ends after `frames`") {
  StageTest test("capture.synthetic", {{"frames", std::int64_t{5}}});
  test.run();
  CHECK(test.counts().out == 5);
}

TEST_CASE("capture.synthetic preloads no more frames than it gives") {
  StageTest test("capture.synthetic",
                 {{"frames", std::int64_t{5}}, {"preload", std::int64_t{100'000}}});
  test.run();
  CHECK(test.counts().out == 5);
}

TEST_CASE("capture.synthetic refuses what is no source's name, and values out of range") {
  for (const auto& [name, value] : StageTest::Parameters{{"width", std::int64_t{15}},
                                                         {"height", std::int64_t{8193}},
                                                         {"objects", std::int64_t{-1}},
                                                         {"format", "rgb"},
                                                         {"source", "../etc"},
                                                         {"preload", std::int64_t{100'000}}})
    CHECK_THROWS_AS(StageTest("capture.synthetic", {{name, value}}), std::invalid_argument);
}
