#include "stages/image/pictures.hpp"

using namespace image_help;
using jpeg_help::frame;

namespace {

using Parameters = StageTest::Parameters;
constexpr auto n = [](int value) { return std::int64_t{value}; };

cv::Size size_of(const FramePtr& f) { return {f->image()->width(), f->image()->height()}; }

cv::Size resized(cv::Size from, const Parameters& parameters) {
  return size_of(passed(frame(image_of(Kind::gray8, from)), "image.resize", parameters));
}

}  // namespace

TEST_CASE("image.resize: the size is what was asked for, and one side alone keeps proportions") {
  CHECK(resized({640, 480}, {{"width", n(320)}}) == cv::Size(320, 240));
  CHECK(resized({640, 480}, {{"height", n(120)}}) == cv::Size(160, 120));
  CHECK(resized({640, 480}, {{"width", n(100)}, {"height", n(200)}}) == cv::Size(100, 200));
  CHECK(resized({640, 480}, {{"scale", 0.5}}) == cv::Size(320, 240));
  CHECK(resized({641, 479}, {{"scale", 0.5}}) == cv::Size(321, 240));
  CHECK(resized({641, 479}, {{"width", n(333)}}) == cv::Size(333, 249));
  CHECK(resized({64, 48}, {{"scale", 2.5}}) == cv::Size(160, 120));
  // Never without pixels.
  CHECK(resized({1000, 2}, {{"width", n(10)}}) == cv::Size(10, 1));
  CHECK(resized({3, 2}, {{"scale", 0.01}}) == cv::Size(1, 1));
}

TEST_CASE("image.resize: each kind stays what it is, plane by plane, at odd sizes too") {
  const auto [name, flags] = GENERATE(table<std::string, int>(
      {{"area", cv::INTER_AREA}, {"linear", cv::INTER_LINEAR}, {"nearest", cv::INTER_NEAREST}}));
  for (const Kind kind : kKinds) {
    for (const auto size : kSizes) {
      for (const cv::Size to : {cv::Size(32, 24), cv::Size(33, 25), cv::Size(1, 1)}) {
        INFO(name << " " << to_string(kind) << " " << size.width << "x" << size.height << " to "
                  << to.width);
        const Image image = image_of(kind, size);
        const auto out =
            passed(frame(image), "image.resize",
                   {{"width", n(to.width)}, {"height", n(to.height)}, {"interpolation", name}});
        REQUIRE(out->kind() == kind);
        REQUIRE(size_of(out) == to);
        for (int i = 0; i < image.planes(); ++i) {
          const cv::Size plane = i == 0 ? to : cv::Size((to.width + 1) / 2, (to.height + 1) / 2);
          cv::Mat expected;
          cv::resize(image.plane(i), expected, plane, 0, 0, flags);
          CHECK(same(out->image()->plane(i), expected));
        }
      }
    }
  }
}

TEST_CASE(
    "image.resize: by default, what gets smaller is averaged and what gets larger drawn out") {
  const Image image = image_of(Kind::bgr8, {60, 40});
  const auto differs = [&](cv::Size to, int flags) {
    const auto out =
        passed(frame(image), "image.resize", {{"width", n(to.width)}, {"height", n(to.height)}});
    cv::Mat expected;
    cv::resize(image.mat(), expected, to, 0, 0, flags);
    return !same(out->image()->mat(), expected);
  };
  CHECK_FALSE(differs({20, 13}, cv::INTER_AREA));
  CHECK(differs({20, 13}, cv::INTER_LINEAR));
  CHECK_FALSE(differs({90, 70}, cv::INTER_LINEAR));
  CHECK_FALSE(differs({90, 20}, cv::INTER_LINEAR));
}

TEST_CASE("image.resize: what has the size already goes on by reference") {
  const auto in = frame(image_of(Kind::yuv420, {65, 49}));
  CHECK(passed(in, "image.resize", {{"width", n(65)}}) == in);
  CHECK(passed(in, "image.resize", {{"scale", 1.0}}) == in);
}

TEST_CASE("image.resize: boxes are fractions, and stay") {
  const Box box{0.1, 0.2, 0.3, 0.4};
  CHECK(box_after(box, "image.resize", {{"width", n(7)}}) == box);
}

TEST_CASE("image.resize: a picture that would be too large fails before it is made") {
  StageTest test("image.resize", {{"width", n(1000)}});
  test.send(frame(Image(Kind::gray8, cv::Mat(65'000, 1, CV_8UC1, cv::Scalar(0)))));
  CHECK(test.counts().failed == 1);
  CHECK(test.log().at(0).find("1x65000 would have 1000x65000000 pixels") != std::string::npos);
  check_refusals("image.resize", {{"scale", 0.5}});
}

TEST_CASE("image.resize: a size that is not said, or said twice, is no parameter") {
  CHECK(refusal("image.resize", {}).find("no size is said") != std::string::npos);
  CHECK(refusal("image.resize", {{"width", n(10)}, {"scale", 0.5}}).find("twice") !=
        std::string::npos);
}
