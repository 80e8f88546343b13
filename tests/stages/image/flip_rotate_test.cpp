#include "stages/image/pictures.hpp"

using namespace image_help;
using jpeg_help::frame;

namespace {

// Where the pixel comes from that is at x, y of the new plane, whose old size is given.
using From = std::function<cv::Point(int x, int y, cv::Size old)>;

void check_pixels(std::string_view type, const StageTest::Parameters& parameters, bool turned,
                  const From& from) {
  for (const Kind kind : kKinds) {
    for (const auto size : kSizes) {
      INFO(to_string(kind) << " " << size.width << "x" << size.height);
      const Image image = image_of(kind, size);
      const auto out = passed(frame(image), type, parameters);
      REQUIRE(out->kind() == kind);
      for (int i = 0; i < image.planes(); ++i) {
        const cv::Mat& old = image.plane(i);
        const cv::Mat& fresh = out->image()->plane(i);
        REQUIRE(fresh.size() == (turned ? cv::Size(old.rows, old.cols) : old.size()));
        cv::Mat expected(fresh.size(), fresh.type());
        for (int y = 0; y < fresh.rows; ++y)
          for (int x = 0; x < fresh.cols; ++x) {
            const cv::Point at = from(x, y, old.size());
            std::copy_n(old.ptr(at.y, at.x), old.elemSize(), expected.ptr(y, x));
          }
        CHECK(same(fresh, expected));
      }
    }
  }
}

}  // namespace

TEST_CASE("image.flip: every pixel changes sides") {
  check_pixels("image.flip", {}, false,
               [](int x, int y, cv::Size old) { return cv::Point(old.width - 1 - x, y); });
  check_pixels("image.flip", {{"direction", std::string("vertical")}}, false,
               [](int x, int y, cv::Size old) { return cv::Point(x, old.height - 1 - y); });
  check_pixels(
      "image.flip", {{"direction", std::string("both")}}, false,
      [](int x, int y, cv::Size old) { return cv::Point(old.width - 1 - x, old.height - 1 - y); });
}

TEST_CASE("image.rotate: every pixel goes clockwise") {
  // A picture's upper left corner is at 90 degrees its upper right one.
  check_pixels("image.rotate", {}, true,
               [](int x, int y, cv::Size old) { return cv::Point(y, old.height - 1 - x); });
  check_pixels(
      "image.rotate", {{"degrees", std::int64_t{180}}}, false,
      [](int x, int y, cv::Size old) { return cv::Point(old.width - 1 - x, old.height - 1 - y); });
  check_pixels("image.rotate", {{"degrees", std::int64_t{270}}}, true,
               [](int x, int y, cv::Size old) { return cv::Point(old.width - 1 - y, x); });
}

TEST_CASE("image.flip, image.rotate: boxes stay on what they are around") {
  const Box box{0.1, 0.2, 0.3, 0.5};
  check_box(box_after(box, "image.flip", {}), {0.6, 0.2, 0.3, 0.5});
  check_box(box_after(box, "image.flip", {{"direction", std::string("vertical")}}),
            {0.1, 0.3, 0.3, 0.5});
  check_box(box_after(box, "image.flip", {{"direction", std::string("both")}}),
            {0.6, 0.3, 0.3, 0.5});
  check_box(box_after(box, "image.rotate", {}), {0.3, 0.1, 0.5, 0.3});
  check_box(box_after(box, "image.rotate", {{"degrees", std::int64_t{180}}}), {0.6, 0.3, 0.3, 0.5});
  check_box(box_after(box, "image.rotate", {{"degrees", std::int64_t{270}}}), {0.2, 0.6, 0.5, 0.3});
}

TEST_CASE("image.flip, image.rotate: a bright spot is in its box, wherever it goes") {
  const Box box{0.7, 0.1, 0.2, 0.2};  // of 60 x 40: 42, 4, 12 x 8
  cv::Mat pixels(40, 60, CV_8UC1, cv::Scalar(0));
  pixels(cv::Rect(42, 4, 12, 8)).setTo(255);
  const auto in = frame(Image(Kind::gray8, pixels))->annotated({{"spot", box, 1.0, {}}});
  const auto check = [&](std::string_view type, const StageTest::Parameters& parameters) {
    const auto out = passed(in, type, parameters);
    const cv::Mat& m = out->image()->mat();
    const cv::Rect spot = cv::boundingRect(m);
    check_box(
        out->annotations.at(0).box,
        {static_cast<double>(spot.x) / m.cols, static_cast<double>(spot.y) / m.rows,
         static_cast<double>(spot.width) / m.cols, static_cast<double>(spot.height) / m.rows});
  };
  for (const auto* direction : {"horizontal", "vertical", "both"})
    check("image.flip", {{"direction", std::string(direction)}});
  for (const int degrees : {90, 180, 270})
    check("image.rotate", {{"degrees", std::int64_t{degrees}}});
}

TEST_CASE("image.flip, image.rotate: what is no picture fails, and other angles are refused") {
  check_refusals("image.flip", {});
  check_refusals("image.rotate", {});
  CHECK(refusal("image.rotate", {{"degrees", std::int64_t{100}}}).find("90, 180 or 270") !=
        std::string::npos);
}
