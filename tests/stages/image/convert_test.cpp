#include "stages/image/pictures.hpp"

using namespace image_help;
using jpeg_help::frame;
using jpeg_help::psnr;

namespace {

FramePtr converted(const FramePtr& in, Kind to) {
  return passed(in, "image.convert", {{"to", std::string(to_string(to))}});
}

}  // namespace

TEST_CASE("image.convert: every kind to every kind, the same picture") {
  for (const auto size : kSizes) {
    for (const Kind from : kKinds) {
      const auto in = frame(image_of(from, size));
      for (const Kind to : kKinds) {
        INFO(to_string(from) << " to " << to_string(to) << ", " << size.width << "x"
                             << size.height);
        const auto out = converted(in, to);
        REQUIRE(out->kind() == to);
        CHECK(cv::Size(out->image()->width(), out->image()->height()) == size);
        CHECK(out->sequence == in->sequence);
        if (from == to) CHECK(out == in);  // by reference
        CHECK(psnr(out->image()->gray(), in->image()->gray()) > 44);
        const bool colours = from != Kind::gray8 && to != Kind::gray8;
        // Where yuv420 is at one end, the edges of colours are lost.
        if (colours) CHECK(psnr(out->image()->bgr(), in->image()->bgr()) > 28);
        if (to == Kind::bgra8) {
          cv::Mat alpha;
          cv::extractChannel(out->image()->mat(), alpha, 3);
          CHECK(cv::countNonZero(alpha != 255) == 0);
        }
      }
    }
  }
}

TEST_CASE("image.convert: levels keep their full range, and gray stays gray") {
  cv::Mat ramp(4, 256, CV_8UC1);
  for (int x = 0; x < ramp.cols; ++x) ramp.col(x).setTo(x);
  const auto gray = frame(Image(Kind::gray8, ramp));
  const auto planes = converted(gray, Kind::yuv420);
  for (const Kind kind : {Kind::bgr8, Kind::bgra8}) {
    const auto colours = converted(planes, kind);
    cv::Mat channels[4];
    cv::split(colours->image()->mat(), channels);
    for (int c = 0; c < 3; ++c) CHECK(same(channels[c], ramp));
    CHECK(cv::norm(converted(colours, Kind::yuv420)->image()->mat(), ramp, cv::NORM_INF) <= 1);
    CHECK(cv::norm(converted(colours, Kind::gray8)->image()->mat(), ramp, cv::NORM_INF) <= 1);
  }
}

TEST_CASE("image.convert: yuv420 is the same as TurboJPEG's and OpenCV's, within rounding") {
  const cv::Mat bgr = jpeg_help::picture(96, 64);
  const auto planes = converted(frame(Image(Kind::bgr8, bgr)), Kind::yuv420);
  const Image reference = jpeg_help::yuv_of(bgr);
  for (int i = 0; i < 3; ++i)
    CHECK(cv::norm(planes->image()->plane(i), reference.plane(i), cv::NORM_INF) <= 2);
}

TEST_CASE("image.convert: one colour all over stays that by way of yuv420, to the last odd pixel") {
  for (int width = 1; width <= 40; ++width) {
    for (const int height : {1, 2, 3, 6}) {
      for (const Kind kind : {Kind::bgr8, Kind::bgra8}) {
        INFO(to_string(kind) << " " << width << "x" << height);
        const cv::Scalar colour(40, 90, 200, 255);
        const cv::Mat pixels(height, width, kind == Kind::bgr8 ? CV_8UC3 : CV_8UC4, colour);
        const auto in = frame(Image(kind, pixels));
        const auto back = converted(converted(in, Kind::yuv420), kind);
        CHECK(cv::norm(back->image()->mat(), pixels, cv::NORM_INF) <= 2);
      }
    }
  }
}

TEST_CASE("image.convert: the luma plane is gray8, and gray8 a luma plane, without a copy") {
  for (const auto size : kSizes) {
    auto in = frame(image_of(Kind::yuv420, size));
    const std::uint8_t* pixels = in->image()->mat().data;
    const cv::Mat luma = in->image()->mat().clone();
    auto gray = converted(in, Kind::gray8);
    CHECK(gray->image()->mat().data == pixels);
    auto planes = converted(gray, Kind::yuv420);
    CHECK(planes->image()->mat().data == pixels);
    for (int i : {1, 2}) CHECK(cv::countNonZero(planes->image()->plane(i) != 128) == 0);
  }
}

TEST_CASE("image.convert: what shares pixels keeps memory alive that it doesn't own") {
  // As a message's: the Mats only point at it.
  auto memory = std::make_shared<std::vector<std::uint8_t>>(16 * 8 * 3 / 2, std::uint8_t{77});
  const std::weak_ptr<std::vector<std::uint8_t>> alive = memory;
  std::uint8_t* p = memory->data();
  auto in = frame(Image::yuv420(cv::Mat(8, 16, CV_8UC1, p), cv::Mat(4, 8, CV_8UC1, p + 128),
                                cv::Mat(4, 8, CV_8UC1, p + 160), std::move(memory)));
  auto gray = converted(in, Kind::gray8);
  auto cut = passed(gray, "image.crop", {{"x", std::int64_t{4}}, {"width", std::int64_t{8}}});
  in.reset();
  gray.reset();
  CHECK_FALSE(alive.expired());
  CHECK(same(cut->image()->mat(), cv::Mat(8, 8, CV_8UC1, cv::Scalar(77))));
  // What has pixels of its own lets go of it.
  const auto own = converted(cut, Kind::bgr8);
  cut.reset();
  CHECK(alive.expired());
}

TEST_CASE("image.convert: annotations stay, and what is no picture fails") {
  const std::vector<Annotation> found{{"motion", {0.1, 0.2, 0.3, 0.4}, 1.0, {}}};
  const auto in = frame(image_of(Kind::bgr8, {32, 24}))->annotated(found);
  CHECK(converted(in, Kind::yuv420)->annotations == found);
  check_refusals("image.convert", {{"to", std::string("gray8")}});
}
