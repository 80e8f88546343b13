// The one place of JPEG, as the displays use it: decode.jpeg and encode.jpeg have tests of their
// own.

#include <codec/jpeg_compressor.hpp>
#include <codec/jpeg_decoder.hpp>
#include <display/web_board.hpp>
#include <sluice/stage.hpp>

#include "catch.hpp"
#include "stages/jpeg_help.hpp"

using namespace jpeg_help;
using namespace sluice;

namespace {

FramePtr numbers() { return testkit::make_frame(cv::Mat(1, 60'000, CV_8SC1, cv::Scalar(-1))); }

}  // namespace

TEST_CASE("codec: a picture is decoded at the least scale that is enough") {
  const Bytes jpeg = compress(picture(321, 243));
  const auto scale = [&](cv::Size least) {
    return codec::JpegDecoder(jpeg, {}, true).eighths_for(least);
  };
  CHECK(scale({1, 1}) == 1);
  CHECK(scale({41, 31}) == 1);
  CHECK(scale({42, 31}) == 2);
  CHECK(scale({41, 32}) == 2);
  CHECK(scale({200, 100}) == 5);
  CHECK(scale({321, 243}) == 8);
  CHECK(scale({5000, 1}) == 8);
  for (int eighths = 1; eighths <= 8; ++eighths) {
    codec::JpegDecoder decoder(jpeg, {}, true);
    CHECK(decoder.size() == cv::Size(321, 243));
    const auto small = decoder.decode(Kind::bgr8, eighths, true);
    CHECK(small.width() == (321 * eighths + 7) / 8);
    CHECK(small.height() == (243 * eighths + 7) / 8);
  }
}

TEST_CASE("codec: what is no picture is not read as one") {
  codec::JpegCompressor compressor;
  CHECK_THROWS_AS(compressor.encode(*numbers()->image(), {}), FrameError);
  CHECK(compressor.encode(Image(Kind::bgr8, picture(32, 24)), {}).bytes.size() > 100);

  CHECK(display::unshowable(*numbers()) == "cam: array is not a picture");
  CHECK_FALSE(display::unshowable(*frame(Bytes{0x89, 'P', 'N', 'G'}, Kind::png)).empty());
  CHECK_FALSE(display::unshowable(*frame(Bytes{'0'})).empty());
  CHECK_FALSE(display::unshowable(*testkit::make_frame(picture(8, 8), "a/b")).empty());
  CHECK(display::unshowable(*frame(compress(picture(8, 8)))).empty());
  CHECK(display::unshowable(*testkit::make_frame(picture(8, 8))).empty());
}
