// Pictures of every kind for the tests of image.*, and pixels looked at one by one.
#pragma once

#include <opencv2/imgproc.hpp>

#include "stages/jpeg_help.hpp"

namespace image_help {

using sluice::Annotation;
using sluice::Box;
using sluice::FramePtr;
using sluice::Image;
using sluice::Kind;
using sluice::testkit::StageTest;

inline const std::vector<Kind> kKinds{Kind::gray8, Kind::bgr8, Kind::bgra8, Kind::yuv420};
// Even and odd, and as small as can be.
inline const std::vector<cv::Size> kSizes{{64, 48}, {65, 49}, {64, 47}, {3, 2}, {1, 1}, {1, 5}};

inline Image image_of(Kind kind, cv::Size size) {
  const cv::Mat bgr = jpeg_help::picture(size.width, size.height);
  cv::Mat bgra;
  switch (kind) {
    case Kind::gray8:
      return {kind, jpeg_help::gray_of(bgr)};
    case Kind::bgra8:
      cv::cvtColor(bgr, bgra, cv::COLOR_BGR2BGRA);
      return {kind, bgra};
    case Kind::yuv420:
      return jpeg_help::yuv_of(bgr);
    default:
      return {kind, bgr};
  }
}

// What becomes of a frame that the stage takes.
inline FramePtr passed(const FramePtr& in, std::string_view type,
                       const StageTest::Parameters& parameters) {
  StageTest test(type, parameters);
  test.send(in);
  INFO((test.log().empty() ? std::string() : test.log().front()));
  REQUIRE(test.frames().size() == 1);
  REQUIRE(test.counts().out == 1);
  return test.frames().front();
}

inline bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

inline bool shares(const cv::Mat& view, const cv::Mat& whole) {
  return view.data >= whole.datastart && view.data < whole.dataend;
}

// The first annotation's box of a frame that had `box` before.
inline Box box_after(const Box& box, std::string_view type,
                     const StageTest::Parameters& parameters) {
  const auto in = jpeg_help::frame(image_of(Kind::gray8, {40, 20}))
                      ->annotated({{"motion", box, 0.5, "words"}, {"text", {}, 1.0, "all of it"}});
  const auto out = passed(in, type, parameters);
  REQUIRE(out->annotations.size() == 2);
  CHECK(out->annotations[0].label == "motion");
  CHECK(out->annotations[0].score == 0.5);
  CHECK(out->annotations[0].text == "words");
  CHECK(out->annotations[1] == in->annotations[1]);  // about the whole picture
  CHECK(out->source == in->source);
  CHECK(out->sequence == in->sequence);
  CHECK(out->captured == in->captured);
  return out->annotations[0].box;
}

inline void check_box(const Box& box, const Box& expected) {
  CHECK(box.x == Approx(expected.x));
  CHECK(box.y == Approx(expected.y));
  CHECK(box.width == Approx(expected.width));
  CHECK(box.height == Approx(expected.height));
}

// What a stage type has against these parameters; "": nothing.
inline std::string refusal(std::string_view type, const StageTest::Parameters& parameters) {
  try {
    StageTest test(type, parameters);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return {};
}

// What is no picture fails, and the next frame doesn't.
inline void check_refusals(std::string_view type, const StageTest::Parameters& parameters) {
  StageTest test(type, parameters);
  test.send(jpeg_help::frame(Image(Kind::array, cv::Mat(4, 4, CV_16UC1, cv::Scalar(0)))));
  test.send(jpeg_help::frame(jpeg_help::Bytes{0xFF, 0xD8}));
  CHECK(test.counts().failed == 2);
  CHECK(test.log().at(0) == "'in' takes gray8, bgr8, bgra8, yuv420, and array came");
  CHECK(test.log().at(1) == "'in' takes gray8, bgr8, bgra8, yuv420, and jpeg came");
  test.send(jpeg_help::frame(image_of(Kind::bgr8, {640, 480})));
  CHECK(test.frames().size() == 1);
}

}  // namespace image_help
