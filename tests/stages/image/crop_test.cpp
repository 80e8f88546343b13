#include <limits>

#include "stages/image/pictures.hpp"

using namespace image_help;
using jpeg_help::frame;

namespace {

StageTest::Parameters part(const cv::Rect& r) {
  return {{"x", std::int64_t{r.x}},
          {"y", std::int64_t{r.y}},
          {"width", std::int64_t{r.width}},
          {"height", std::int64_t{r.height}}};
}

cv::Rect half_of(const cv::Rect& r) {
  return {r.x / 2, r.y / 2, (r.width + 1) / 2, (r.height + 1) / 2};
}

}  // namespace

TEST_CASE("image.crop: the part has the picture's pixels, to the last row and column") {
  for (const Kind kind : kKinds) {
    for (const cv::Size size : {cv::Size(64, 48), cv::Size(65, 49)}) {
      const cv::Rect whole({0, 0}, size);
      for (const cv::Rect r : {cv::Rect(10, 6, 20, 12), cv::Rect(10, 6, 21, 13),
                               cv::Rect(2, 4, size.width - 2, size.height - 4),
                               cv::Rect(0, 0, size.width, 1), cv::Rect(0, 0, 1, 1)}) {
        INFO(to_string(kind) << " " << size.width << ": " << r.x << "," << r.y << " " << r.width
                             << "x" << r.height);
        const auto in = frame(image_of(kind, size));
        const auto out = passed(in, "image.crop", part(r));
        REQUIRE(out->kind() == kind);
        for (int i = 0; i < in->image()->planes(); ++i) {
          const cv::Mat& old = in->image()->plane(i);
          CHECK(same(out->image()->plane(i), old(i == 0 ? r : half_of(r))));
          // A small part doesn't hold the whole.
          CHECK(shares(out->image()->plane(i), old) == (2 * r.area() >= size.area()));
        }
        CHECK_FALSE(out->image()->lent());
      }
    }
  }
}

TEST_CASE("image.crop: at odd pixels yuv420 keeps its luma, and has the colours of the place") {
  // Chroma that rises by 2 a sample: between two of them it is the mean.
  cv::Mat chroma(24, 32, CV_8UC1);
  for (int y = 0; y < chroma.rows; ++y)
    for (int x = 0; x < chroma.cols; ++x)
      chroma.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(20 + 2 * x + 4 * y);
  const Image image = Image::yuv420(image_of(Kind::gray8, {63, 47}).mat(), chroma, chroma);
  for (const cv::Rect r :
       {cv::Rect(5, 4, 20, 10), cv::Rect(4, 7, 21, 11), cv::Rect(5, 7, 20, 12)}) {
    INFO(r.x << "," << r.y << " " << r.width << "x" << r.height);
    const auto out = passed(frame(image), "image.crop", part(r));
    CHECK(same(out->image()->mat(), image.mat()(r)));
    for (const int i : {1, 2}) {
      const cv::Mat& plane = out->image()->plane(i);
      REQUIRE(plane.size() == half_of(r).size());
      // In luma pixels, chroma rises by 1 to the right and by 2 downwards.
      for (int y = 0; y < plane.rows; ++y)
        for (int x = 0; x < plane.cols; ++x)
          CHECK(std::abs(plane.at<std::uint8_t>(y, x) - (20 + r.x + 2 * x + 2 * (r.y + 2 * y))) <=
                1);
    }
  }
  // To the last odd pixel, where there is no sample beyond.
  const auto corner = passed(frame(image), "image.crop", part({61, 45, 2, 2}));
  CHECK(corner->image()->plane(1).size() == cv::Size(1, 1));
}

TEST_CASE("image.crop: without width and height the part reaches to the edge") {
  const auto in = frame(image_of(Kind::bgr8, {64, 48}));
  CHECK(same(passed(in, "image.crop", part({60, 8, 0, 0}))->image()->mat(),
             in->image()->mat()(cv::Rect(60, 8, 4, 40))));
  CHECK(passed(in, "image.crop", {}) == in);  // all of it: by reference
  CHECK(passed(in, "image.crop", part({0, 0, 64, 48})) == in);
}

TEST_CASE("image.crop: a part that is not in the picture fails, with both sizes") {
  for (const cv::Rect r : {cv::Rect(0, 0, 65, 48), cv::Rect(1, 0, 64, 48), cv::Rect(0, 40, 10, 9),
                           cv::Rect(64, 0, 0, 0), cv::Rect(65'500, 65'500, 65'500, 65'500)}) {
    for (const Kind kind : kKinds) {
      StageTest test("image.crop", part(r));
      test.send(frame(image_of(kind, {64, 48})));
      CHECK(test.counts().failed == 1);
      INFO(test.log().at(0));
      CHECK(test.log().at(0).find("the picture of 64x48 has no part") != std::string::npos);
    }
  }
  StageTest test("image.crop", part({8, 4, 300, 0}));
  test.send(frame(image_of(Kind::bgr8, {64, 48})));
  CHECK(test.log().at(0).find("of columns 8 to 308 and rows from 4; see x, y, width and height") !=
        std::string::npos);
  check_refusals("image.crop", part({1, 1, 10, 10}));
}

TEST_CASE("image.crop: what is still a view of a camera's buffer says so") {
  Image image = image_of(Kind::bgr8, {64, 48});
  image.mark_lent();
  CHECK(passed(frame(image), "image.crop", part({0, 0, 64, 40}))->image()->lent());
  CHECK_FALSE(passed(frame(image), "image.crop", part({0, 0, 8, 8}))->image()->lent());
}

TEST_CASE("image.crop: boxes are cut to the part, and left out beyond it") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto in = frame(image_of(Kind::gray8, {40, 20}))
                      ->annotated({{"inside", {0.3, 0.3, 0.1, 0.2}, 1.0, {}},
                                   {"across", {0.0, 0.0, 0.5, 0.5}, 1.0, {}},
                                   {"around", {0.0, 0.0, 1.0, 1.0}, 1.0, {}},
                                   {"left", {0.0, 0.0, 0.25, 1.0}, 1.0, {}},
                                   {"below", {0.0, 0.9, 1.0, 0.1}, 1.0, {}},
                                   {"mad", {nan, 0.1, nan, 0.1}, 1.0, {}},
                                   {"text", {}, 1.0, "of all"}});
  const auto out = passed(in, "image.crop", part({10, 5, 20, 10}));
  REQUIRE(out->annotations.size() == 4);
  check_box(out->annotations[0].box, {0.1, 0.1, 0.2, 0.4});
  check_box(out->annotations[1].box, {0.0, 0.0, 0.5, 0.5});
  check_box(out->annotations[2].box, {0.0, 0.0, 1.0, 1.0});
  CHECK(out->annotations[3] == in->annotations[6]);
}

TEST_CASE("image.crop: what is cut out is compressed as a copy of it would be") {
  for (const Kind kind : kKinds) {
    for (const cv::Rect r : {cv::Rect(10, 6, 32, 16), cv::Rect(2, 2, 37, 21)}) {
      INFO(to_string(kind) << " " << r.width << "x" << r.height);
      const auto view = passed(frame(image_of(kind, {64, 48})), "image.crop", part(r));
      const Image& i = *view->image();
      const auto copy = i.planes() == 1 ? Image(kind, i.mat().clone())
                                        : Image::yuv420(i.plane(0).clone(), i.plane(1).clone(),
                                                        i.plane(2).clone());
      const auto a = passed(view, "encode.jpeg", {});
      const auto b = passed(frame(copy), "encode.jpeg", {});
      CHECK(std::ranges::equal(jpeg_help::jpeg_of(a), jpeg_help::jpeg_of(b)));
    }
  }
}
