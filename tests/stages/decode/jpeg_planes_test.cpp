// yuv420 from JPEG to JPEG: the stored planes, without a detour by colours.

#include <algorithm>
#include <array>

#include "catch.hpp"
#include "stages/jpeg_help.hpp"

using namespace jpeg_help;
using sluice::Image;
using sluice::Kind;
using sluice::testkit::StageTest;

namespace {

sluice::FramePtr passed(const sluice::FramePtr& in, std::string_view type,
                        const StageTest::Parameters& parameters) {
  StageTest test(type, parameters);
  test.send(in);
  REQUIRE(test.frames().size() == 1);
  return test.frames().front();
}

const StageTest::Parameters kPlanes{{"format", std::string("yuv420")}, {"fast", false}};

// The planes of a 4:2:0 JPEG as TurboJPEG gives them, cut to the picture.
std::array<cv::Mat, 3> stored_planes(const Bytes& jpeg) {
  const Header h = header(jpeg);
  REQUIRE(h.subsampling == TJSAMP_420);
  std::vector<std::uint8_t> all(tjBufSizeYUV2(h.width, 1, h.height, TJSAMP_420));
  tjhandle handle = tjInitDecompress();
  REQUIRE(tjDecompressToYUV2(handle, jpeg.data(), jpeg.size(), all.data(), h.width, 1, h.height,
                             TJFLAG_ACCURATEDCT) == 0);
  tjDestroy(handle);
  std::array<cv::Mat, 3> planes;
  std::uint8_t* at = all.data();
  for (int i = 0; i < 3; ++i) {
    const cv::Mat plane(tjPlaneHeight(i, h.height, TJSAMP_420),
                        tjPlaneWidth(i, h.width, TJSAMP_420), CV_8UC1, at);
    at += plane.total();
    planes[static_cast<std::size_t>(i)] =
        (i == 0 ? plane(cv::Rect(0, 0, h.width, h.height)) : plane).clone();
  }
  return planes;
}

}  // namespace

TEST_CASE("decode.jpeg: yuv420 is what a 4:2:0 JPEG stores, to the bit, at odd sizes too") {
  for (const auto size :
       {cv::Size(160, 120), cv::Size(161, 119), cv::Size(33, 17), cv::Size(1, 1)}) {
    INFO(size.width << "x" << size.height);
    const Bytes jpeg = compress(picture(size.width, size.height));
    const auto out = passed(frame(jpeg), "decode.jpeg", kPlanes);
    const auto expected = stored_planes(jpeg);
    for (int i = 0; i < 3; ++i) {
      const cv::Mat& plane = out->image()->plane(i);
      REQUIRE(plane.size() == expected[static_cast<std::size_t>(i)].size());
      CHECK(cv::norm(plane, expected[static_cast<std::size_t>(i)], cv::NORM_INF) == 0);
    }
  }
}

TEST_CASE("decode.jpeg: the planes are those of the way by colours, within rounding") {
  // Colours that change slowly: on the way by colours, chroma is drawn out and averaged again.
  cv::Mat bgr(96, 128, CV_8UC3);
  for (int y = 0; y < bgr.rows; ++y)
    for (int x = 0; x < bgr.cols; ++x)
      bgr.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<uchar>(60 + x / 2), static_cast<uchar>(70 + y / 2),
                    static_cast<uchar>(180 - x / 4));
  const auto jpeg = frame(compress(bgr, 95));
  const auto planes = passed(jpeg, "decode.jpeg", kPlanes);
  const auto colours = passed(jpeg, "decode.jpeg", {{"fast", false}});
  const auto detour = passed(colours, "image.convert", {{"to", std::string("yuv420")}});
  for (int i = 0; i < 3; ++i)
    CHECK(cv::norm(planes->image()->plane(i), detour->image()->plane(i), cv::NORM_INF) <= 2);
  const auto back = passed(planes, "image.convert", {{"to", std::string("bgr8")}});
  CHECK(cv::norm(back->image()->mat(), colours->image()->mat(), cv::NORM_INF) <= 4);
}

TEST_CASE("encode.jpeg: planes that decode.jpeg gave are compressed as they are") {
  for (const auto size : {cv::Size(160, 120), cv::Size(161, 119)}) {
    INFO(size.width << "x" << size.height);
    const auto planes =
        passed(frame(compress(picture(size.width, size.height))), "decode.jpeg", kPlanes);
    const Image& i = *planes->image();
    // At odd sizes the luma's rows are longer than the picture is wide.
    CHECK(i.mat().isContinuous() == (size.width % 2 == 0));
    const auto copy =
        frame(Image::yuv420(i.plane(0).clone(), i.plane(1).clone(), i.plane(2).clone()));
    const auto a = passed(planes, "encode.jpeg", {{"quality", std::int64_t{90}}});
    const auto b = passed(copy, "encode.jpeg", {{"quality", std::int64_t{90}}});
    CHECK(std::ranges::equal(jpeg_of(a), jpeg_of(b)));
    // Once more through the same tables, nearly nothing is lost.
    const auto again = passed(a, "decode.jpeg", kPlanes);
    for (int p = 0; p < 3; ++p) CHECK(psnr(again->image()->plane(p), i.plane(p)) > 45);
  }
}
