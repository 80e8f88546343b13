#include <algorithm>
#include <thread>

#include "catch.hpp"
#include "stages/jpeg_help.hpp"

using namespace jpeg_help;
using sluice::Image;
using sluice::Kind;
using sluice::testkit::StageTest;

namespace {

// Sizes at and off the blocks' and the chroma planes' bounds.
const std::vector<cv::Size> kSizes{{64, 48}, {65, 49}, {63, 47}, {50, 38}, {57, 8},
                                   {16, 1},  {1, 16},  {1, 1},   {3, 2},   {320, 240}};

sluice::FramePtr encoded(sluice::FramePtr in, const StageTest::Parameters& parameters) {
  StageTest test("encode.jpeg", parameters);
  test.send(std::move(in));
  INFO((test.log().empty() ? std::string() : test.log().front()));
  REQUIRE(test.frames().size() == 1);
  REQUIRE(test.counts().out == 1);
  return test.frames().front();
}

// The segment's payload behind the first such marker before the first scan; empty: none.
Bytes segment(std::span<const std::uint8_t> jpeg, int marker) {
  for (std::size_t at = 2; at + 4 <= jpeg.size();) {
    const std::size_t length = static_cast<std::size_t>(jpeg[at + 2]) << 8 | jpeg[at + 3];
    if (jpeg[at + 1] == marker)
      return {jpeg.begin() + static_cast<std::ptrdiff_t>(at + 4),
              jpeg.begin() + static_cast<std::ptrdiff_t>(at + 2 + length)};
    if (jpeg[at + 1] == 0xDA) break;
    at += 2 + length;
  }
  return {};
}

int restart_markers(std::span<const std::uint8_t> jpeg) {
  int count = 0;
  for (std::size_t i = 0; i + 1 < jpeg.size(); ++i)
    if (jpeg[i] == 0xFF && jpeg[i + 1] >= 0xD0 && jpeg[i + 1] <= 0xD7) ++count;
  return count;
}

}  // namespace

TEST_CASE("encode.jpeg: bgr8 and bgra8 come back alike at every size and subsampling") {
  const auto [name, expected] = GENERATE(table<std::string, int>(
      {{"4:2:0", TJSAMP_420}, {"4:2:2", TJSAMP_422}, {"4:4:4", TJSAMP_444}}));
  for (const auto size : kSizes) {
    INFO(name << " " << size.width << "x" << size.height);
    const cv::Mat bgr = picture(size.width, size.height);
    cv::Mat bgra;
    cv::cvtColor(bgr, bgra, cv::COLOR_BGR2BGRA);
    const auto out = encoded(frame(Image(Kind::bgr8, bgr)),
                             {{"quality", std::int64_t{95}}, {"subsampling", name}});
    CHECK(header(jpeg_of(out)).subsampling == expected);
    // Chroma at a quarter loses the edges of the coloured shapes.
    CHECK(psnr(decompress(jpeg_of(out)), bgr) > (expected == TJSAMP_444 ? 36 : 27));

    const auto with_alpha = encoded(frame(Image(Kind::bgra8, bgra)),
                                    {{"quality", std::int64_t{95}}, {"subsampling", name}});
    CHECK(std::ranges::equal(jpeg_of(with_alpha), jpeg_of(out)));
  }
}

TEST_CASE("encode.jpeg: gray8, and gray of colours, become gray JPEGs") {
  for (const auto size : kSizes) {
    INFO(size.width << "x" << size.height);
    const cv::Mat bgr = picture(size.width, size.height);
    const cv::Mat gray = gray_of(bgr);
    const auto a = encoded(frame(Image(Kind::gray8, gray)), {{"quality", std::int64_t{95}}});
    CHECK(header(jpeg_of(a)).colourspace == TJCS_GRAY);
    CHECK(psnr(decompress(jpeg_of(a)), gray) > 38);

    for (const auto& colours : {Image(Kind::bgr8, bgr), yuv_of(bgr)}) {
      const auto b = encoded(frame(colours),
                             {{"quality", std::int64_t{95}}, {"subsampling", std::string("gray")}});
      CHECK(header(jpeg_of(b)).colourspace == TJCS_GRAY);
      CHECK(psnr(decompress(jpeg_of(b)), gray) > 38);
    }
  }
}

TEST_CASE("encode.jpeg: yuv420 goes in plane by plane, with padded rows too") {
  for (const auto size : kSizes) {
    INFO(size.width << "x" << size.height);
    const cv::Mat bgr = picture(size.width, size.height);
    const Image tight = yuv_of(bgr);
    // A camera's buffer: rows longer than the picture, with rubbish behind it.
    std::vector<cv::Mat> padded;
    for (int i = 0; i < 3; ++i) {
      const cv::Mat& plane = tight.plane(i);
      cv::Mat wide(plane.rows, plane.cols + 29, CV_8UC1, cv::Scalar(i == 0 ? 255 : 0));
      cv::Mat inner = wide(cv::Rect(0, 0, plane.cols, plane.rows));
      plane.copyTo(inner);
      padded.push_back(inner);
    }
    const auto a = encoded(frame(tight), {{"quality", std::int64_t{95}}});
    const auto b = encoded(frame(Image::yuv420(padded[0], padded[1], padded[2])),
                           {{"quality", std::int64_t{95}}});
    const Header h = header(jpeg_of(a));
    CHECK(h.subsampling == TJSAMP_420);
    CHECK(cv::Size(h.width, h.height) == size);
    CHECK(psnr(decompress(jpeg_of(a)), bgr) > 27);
    CHECK(std::ranges::equal(jpeg_of(a), jpeg_of(b)));
  }
}

TEST_CASE("encode.jpeg: yuv420 gives the same JPEG as TurboJPEG's planes") {
  const cv::Mat bgr = picture(129, 97);
  const Image yuv = yuv_of(bgr);
  // TurboJPEG wants planes of even size.
  cv::Mat y;
  cv::copyMakeBorder(yuv.plane(0), y, 0, 1, 0, 1, cv::BORDER_REPLICATE);
  const unsigned char* planes[] = {y.data, yuv.plane(1).data, yuv.plane(2).data};
  const int strides[] = {y.cols, yuv.plane(1).cols, yuv.plane(2).cols};
  tjhandle handle = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  REQUIRE(tjCompressFromYUVPlanes(handle, planes, 129, strides, 97, TJSAMP_420, &data, &size, 80,
                                  TJFLAG_ACCURATEDCT) == 0);
  const Bytes expected(data, data + size);
  tjFree(data);
  tjDestroy(handle);

  const auto out = encoded(frame(yuv), {{"quality", std::int64_t{80}}});
  CHECK(std::ranges::equal(jpeg_of(out), expected));
}

TEST_CASE("encode.jpeg: the quality decides on size and fidelity") {
  const cv::Mat bgr = picture(320, 240);
  std::size_t last_size = 0;
  double last_psnr = 0;
  for (const std::int64_t quality : {10, 50, 85, 100}) {
    const auto out = encoded(frame(Image(Kind::bgr8, bgr)), {{"quality", quality}});
    const double fidelity = psnr(decompress(jpeg_of(out)), bgr);
    CHECK(jpeg_of(out).size() > last_size);
    CHECK(fidelity > last_psnr);
    last_size = jpeg_of(out).size();
    last_psnr = fidelity;
  }
  CHECK_THROWS(StageTest("encode.jpeg", {{"quality", std::int64_t{0}}}));
  CHECK_THROWS(StageTest("encode.jpeg", {{"quality", std::int64_t{101}}}));
}

TEST_CASE("encode.jpeg: the fast DCT is another one, and still faithful") {
  const cv::Mat bgr = picture(320, 240);
  const auto slow = encoded(frame(Image(Kind::bgr8, bgr)), {});
  const auto fast = encoded(frame(Image(Kind::bgr8, bgr)), {{"fast_dct", true}});
  CHECK_FALSE(std::ranges::equal(jpeg_of(slow), jpeg_of(fast)));
  CHECK(psnr(decompress(jpeg_of(fast)), decompress(jpeg_of(slow))) > 35);
}

TEST_CASE("encode.jpeg: restart markers are where they were asked for") {
  const cv::Mat bgr = picture(320, 250);  // 20 blocks of 16 wide, 16 rows of them
  const auto none = encoded(frame(Image(Kind::bgr8, bgr)), {});
  CHECK(segment(jpeg_of(none), 0xDD).empty());
  CHECK(restart_markers(jpeg_of(none)) == 0);

  for (const auto& image : {Image(Kind::bgr8, bgr), yuv_of(bgr)}) {
    const auto out = encoded(frame(image), {{"restart_rows", std::int64_t{2}}});
    CHECK(segment(jpeg_of(out), 0xDD) == Bytes{0, 40});  // 2 rows of 20
    CHECK(restart_markers(jpeg_of(out)) == 7);           // between 8 intervals
    CHECK(psnr(decompress(jpeg_of(out)), bgr) > 27);
  }
  const auto full = encoded(frame(Image(Kind::bgr8, bgr)), {{"restart_rows", std::int64_t{1}},
                                                            {"subsampling", std::string("4:4:4")}});
  CHECK(restart_markers(jpeg_of(full)) == 31);  // 32 rows of blocks of 8
}

TEST_CASE("encode.jpeg: one stage takes formats and sizes in turn, and its frames outlive it") {
  std::vector<sluice::FramePtr> kept;
  std::vector<cv::Mat> originals;
  {
    StageTest test("encode.jpeg", {{"quality", std::int64_t{95}}});
    // Large and noisy in between: the compressor's buffer has to grow.
    for (const auto size : {cv::Size(40, 30), cv::Size(900, 700), cv::Size(33, 21)}) {
      cv::Mat bgr = picture(size.width, size.height);
      if (size.width == 900) cv::RNG(7).fill(bgr, cv::RNG::UNIFORM, 0, 256);
      test.send(frame(Image(Kind::bgr8, bgr)));
      test.send(frame(yuv_of(bgr)));
      test.send(frame(Image(Kind::gray8, gray_of(bgr))));
      originals.push_back(bgr);
    }
    kept = test.frames();
  }
  REQUIRE(kept.size() == 9);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const cv::Mat back = decompress(jpeg_of(kept[i]));
    CHECK(back.size() == originals[i / 3].size());
    CHECK(back.channels() == (i % 3 == 2 ? 1 : 3));
    if (i / 3 == 1) continue;  // noise in colours doesn't survive
    CHECK(psnr(back, i % 3 == 2 ? gray_of(originals[i / 3]) : originals[i / 3]) > 27);
  }
  CHECK(kept[3]->bytes() > 256 * 1024);  // it did have to grow, more than once
}

TEST_CASE("encode.jpeg: carries the frame's name, number, time and annotations on") {
  auto in = sluice::testkit::make_frame(picture(32, 32), "yard", 42)
                ->annotated({{"motion", {0.1, 0.2, 0.3, 0.4}, 1.0, {}}});
  const auto out = encoded(in, {});
  CHECK(out->source == "yard");
  CHECK(out->sequence == 42);
  CHECK(out->captured == in->captured);
  CHECK(out->annotations == in->annotations);
}

TEST_CASE("encode.jpeg: what it can't take fails, and the next frame doesn't") {
  StageTest test("encode.jpeg");
  test.send(frame(Image(Kind::array, cv::Mat(4, 4, CV_16UC1, cv::Scalar(0)))));
  test.send(frame(compress(picture(16, 16))));
  // libjpeg's own limit is 65500.
  test.send(frame(Image(Kind::gray8, cv::Mat(1, 65501, CV_8UC1, cv::Scalar(7)))));
  CHECK(test.counts().failed == 3);
  const auto log = test.log();
  CHECK(log[0].find("gray8, bgr8, bgra8, yuv420, and array came") != std::string::npos);
  CHECK(log[1].find("and jpeg came") != std::string::npos);
  CHECK(log[2].find("65500") != std::string::npos);

  test.send(frame(Image(Kind::bgr8, picture(32, 32))));
  CHECK(test.counts().out == 1);
  CHECK(psnr(decompress(jpeg_of(test.frames().front())), picture(32, 32)) > 25);
}

TEST_CASE("encode.jpeg: may be used by one thread after the other") {
  StageTest test("encode.jpeg");
  const auto in = frame(Image(Kind::bgr8, picture(320, 240)));
  test.send(in);
  for (int i = 0; i < 4; ++i) std::thread([&] { test.send(in); }).join();
  const auto out = test.frames();
  REQUIRE(out.size() == 5);
  for (const auto& f : out) CHECK(std::ranges::equal(jpeg_of(f), jpeg_of(out.front())));
}
