#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace sluice;

TEST_CASE("an image refuses pixels that don't fit its format") {
  CHECK_THROWS_AS(Image(Kind::bgr8, cv::Mat::zeros(2, 2, CV_8UC1)), std::invalid_argument);
  CHECK_THROWS_AS(Image(Kind::gray8, cv::Mat()), std::invalid_argument);
  CHECK_THROWS_AS(Image(Kind::jpeg, cv::Mat::zeros(2, 2, CV_8UC1)), std::invalid_argument);
  CHECK_THROWS_AS(Image::yuv420(cv::Mat::zeros(4, 4, CV_8UC1), cv::Mat::zeros(1, 2, CV_8UC1),
                                cv::Mat::zeros(2, 2, CV_8UC1)),
                  std::invalid_argument);
}

TEST_CASE("yuv420 of odd sizes rounds chroma up and counts its bytes") {
  const auto image = Image::make_yuv420(5, 3);
  CHECK(image.width() == 5);
  CHECK(image.height() == 3);
  CHECK(image.plane(1).size() == cv::Size(3, 2));
  CHECK(image.bytes() == 15 + 6 + 6);
}

TEST_CASE("grey comes without a copy where the picture has luma already") {
  const auto yuv = Image::make_yuv420(4, 4);
  CHECK(yuv.gray().data == yuv.plane(0).data);
  const Image bgr(Kind::bgr8, cv::Mat(2, 2, CV_8UC3, cv::Scalar(255, 255, 255)));
  CHECK(bgr.gray().at<std::uint8_t>(0, 0) == 255);
  CHECK(bgr.bgr().data == bgr.mat().data);
}

TEST_CASE("colours survive the way through yuv420") {
  const auto yuv = Image::make_yuv420(4, 4);
  const int red[] = {76, 85, 255};  // by JPEG's full-range BT.601
  for (int i = 0; i < 3; ++i)
    cv::Mat(yuv.plane(i)).setTo(red[i]);  // a fresh picture: nobody reads it
  const auto pixel = yuv.bgr().at<cv::Vec3b>(1, 1);
  CHECK(pixel[0] < 5);
  CHECK(pixel[1] < 5);
  CHECK(pixel[2] > 250);
}

TEST_CASE("a frame made from another shares what is the same, and the first stays as it was") {
  const auto first = testkit::make_frame(cv::Mat::zeros(2, 2, CV_8UC1), "cam", 7);
  const auto marked = first->annotated({{"motion", {0.1, 0.1, 0.2, 0.2}, 1.0, ""}});
  CHECK(first->annotations.empty());
  CHECK(marked->annotations.size() == 1);
  CHECK(marked->image()->mat().data == first->image()->mat().data);
  const auto encoded = marked->with(Encoded::from(Kind::jpeg, {0xFF, 0xD8}));
  CHECK(encoded->sequence == 7);
  CHECK(encoded->kind() == Kind::jpeg);
  CHECK(encoded->bytes() == 2);
  CHECK(encoded->annotations == marked->annotations);
}

TEST_CASE("a source's name is safe in file names and addresses") {
  CHECK(valid_source("pi-garage_2"));
  CHECK_FALSE(valid_source(""));
  CHECK_FALSE(valid_source("../etc"));
  CHECK_FALSE(valid_source("Küche"));
  CHECK_FALSE(valid_source(std::string(65, 'a')));
}
