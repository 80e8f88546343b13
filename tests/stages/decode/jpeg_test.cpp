#include <jpeglib.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <thread>

#include "catch.hpp"
#include "stages/jpeg_help.hpp"

using namespace jpeg_help;
using sluice::Image;
using sluice::Kind;
using sluice::testkit::StageTest;

namespace {

const std::vector<cv::Size> kSizes{{64, 48}, {65, 49}, {63, 47}, {50, 38}, {57, 9},
                                   {17, 1},  {1, 17},  {1, 1},   {3, 2},   {320, 240}};
const std::vector<int> kSubsamplings{TJSAMP_444, TJSAMP_422, TJSAMP_420,
                                     TJSAMP_440, TJSAMP_411, TJSAMP_GRAY};

sluice::FramePtr decoded(const Bytes& jpeg, const StageTest::Parameters& parameters) {
  StageTest test("decode.jpeg", parameters);
  test.send(frame(jpeg));
  INFO((test.log().empty() ? std::string() : test.log().front()));
  REQUIRE(test.frames().size() == 1);
  REQUIRE(test.counts().out == 1);
  return test.frames().front();
}

// The reason why a picture fails, empty if it doesn't; and that the next one is none the worse.
std::string failure(const Bytes& jpeg, const StageTest::Parameters& parameters = {}) {
  StageTest test("decode.jpeg", parameters);
  test.send(frame(jpeg));
  const auto bad = test.counts();
  CHECK(bad.failed + bad.out == 1);
  CHECK(test.frames().size() == bad.out);
  test.send(frame(compress(picture(32, 24))));
  CHECK(test.counts().out == bad.out + 1);
  const Image& good = *test.frames().back()->image();
  cv::Mat expected = gray_of(picture(32, 24));
  cv::resize(expected, expected, {good.width(), good.height()}, 0, 0, cv::INTER_AREA);
  CHECK(psnr(good.gray(), expected) > 28);
  return test.log().empty() ? "" : test.log().front();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A JPEG whose components are red, green and blue, which TurboJPEG doesn't write.
Bytes rgb_jpeg(const cv::Mat& bgr) {
  jpeg_compress_struct c{};
  jpeg_error_mgr errors{};
  c.err = jpeg_std_error(&errors);
  jpeg_create_compress(&c);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&c, &data, &size);
  c.image_width = static_cast<JDIMENSION>(bgr.cols);
  c.image_height = static_cast<JDIMENSION>(bgr.rows);
  c.input_components = 3;
  c.in_color_space = JCS_EXT_BGR;
  jpeg_set_defaults(&c);
  jpeg_set_colorspace(&c, JCS_RGB);
  jpeg_set_quality(&c, 95, TRUE);
  jpeg_start_compress(&c, TRUE);
  while (c.next_scanline < c.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(bgr.ptr(static_cast<int>(c.next_scanline)));
    jpeg_write_scanlines(&c, &row, 1);
  }
  jpeg_finish_compress(&c);
  Bytes bytes(data, data + size);
  std::free(data);
  jpeg_destroy_compress(&c);
  return bytes;
}

// Where the marker is; behind the metadata if it comes several times.
std::size_t find_last(const Bytes& jpeg, std::uint8_t marker) {
  for (std::size_t i = jpeg.size() - 1; i-- > 0;)
    if (jpeg[i] == 0xFF && jpeg[i + 1] == marker) return i;
  FAIL("no such marker");
  return 0;
}

// A progressive JPEG whose last scan comes many times.
Bytes many_scans(int times) {
  Bytes jpeg = compress(picture(64, 48), 90, TJSAMP_420, TJFLAG_PROGRESSIVE);
  const auto scan = static_cast<std::ptrdiff_t>(find_last(jpeg, 0xDA));
  const auto end = static_cast<std::ptrdiff_t>(find_last(jpeg, 0xD9));
  const Bytes last(jpeg.begin() + scan, jpeg.begin() + end);
  Bytes out(jpeg.begin(), jpeg.begin() + end);
  for (int i = 0; i < times; ++i) out.insert(out.end(), last.begin(), last.end());
  out.insert(out.end(), {0xFF, 0xD9});
  return out;
}

// As a webcam makes it: a restart marker for each row of blocks.
Bytes restart_marked(const cv::Mat& bgr) {
  StageTest encode("encode.jpeg", {{"restart_rows", std::int64_t{1}}});
  encode.send(frame(Image(Kind::bgr8, bgr)));
  const auto bytes = jpeg_of(encode.frames().at(0));
  return {bytes.begin(), bytes.end()};
}

void set_size(Bytes& jpeg, int width, int height) {
  const std::size_t sof = find_last(jpeg, 0xC0);
  jpeg[sof + 5] = static_cast<std::uint8_t>(height >> 8);
  jpeg[sof + 6] = static_cast<std::uint8_t>(height);
  jpeg[sof + 7] = static_cast<std::uint8_t>(width >> 8);
  jpeg[sof + 8] = static_cast<std::uint8_t>(width);
}

}  // namespace

TEST_CASE("decode.jpeg: every format from every subsampling and size, alike") {
  for (const int subsampling : kSubsamplings) {
    for (const auto size : kSizes) {
      INFO("subsampling " << subsampling << ", " << size.width << "x" << size.height);
      const bool gray = subsampling == TJSAMP_GRAY;
      const cv::Mat bgr = picture(size.width, size.height);
      const Bytes jpeg = compress(gray ? gray_of(bgr) : bgr, 95, subsampling);
      const cv::Mat shown = gray ? Image(Kind::gray8, gray_of(bgr)).bgr() : bgr;

      for (const bool fast : {true, false}) {
        const auto colour = decoded(jpeg, {{"fast", fast}});
        REQUIRE(colour->kind() == Kind::bgr8);
        CHECK(psnr(colour->image()->mat(), shown) > 29);

        const auto luma = decoded(jpeg, {{"fast", fast}, {"format", std::string("gray8")}});
        REQUIRE(luma->kind() == Kind::gray8);
        CHECK(psnr(luma->image()->mat(), gray_of(bgr)) > 36);

        const auto yuv = decoded(jpeg, {{"fast", fast}, {"format", std::string("yuv420")}});
        REQUIRE(yuv->kind() == Kind::yuv420);
        CHECK(psnr(yuv->image()->mat(), gray_of(bgr)) > 36);
        CHECK(psnr(yuv->image()->bgr(), shown) > 28);
      }
    }
  }
}

TEST_CASE("decode.jpeg: what it gives at full quality is TurboJPEG's, to the bit") {
  const Bytes jpeg = compress(picture(161, 119));
  const auto out = decoded(jpeg, {{"fast", false}});
  CHECK(cv::norm(out->image()->mat(), decompress(jpeg), cv::NORM_INF) == 0);
}

TEST_CASE("decode.jpeg: yuv420 to JPEG and back stays yuv420, generation after generation") {
  for (const auto size : {cv::Size(64, 48), cv::Size(65, 49), cv::Size(51, 38)}) {
    INFO(size.width << "x" << size.height);
    const Image original = yuv_of(picture(size.width, size.height));
    auto at = frame(original);
    for (int generation = 0; generation < 4; ++generation) {
      StageTest encode("encode.jpeg", {{"quality", std::int64_t{95}}});
      encode.send(at);
      REQUIRE(encode.frames().size() == 1);
      StageTest decode("decode.jpeg", {{"format", std::string("yuv420")}, {"fast", false}});
      decode.send(encode.frames().front());
      REQUIRE(decode.frames().size() == 1);
      at = decode.frames().front();
    }
    for (int plane = 0; plane < 3; ++plane)
      CHECK(psnr(at->image()->plane(plane), original.plane(plane)) > 38);
  }
}

TEST_CASE("decode.jpeg: scales give sizes that are rounded up, and the right picture") {
  const auto [name, divisor] =
      GENERATE(table<std::string, int>({{"1", 1}, {"1/2", 2}, {"1/4", 4}, {"1/8", 8}}));
  for (const auto size : {cv::Size(320, 240), cv::Size(321, 243), cv::Size(319, 237),
                          cv::Size(3, 100), cv::Size(1, 1), cv::Size(9, 5)}) {
    const cv::Size expected((size.width + divisor - 1) / divisor,
                            (size.height + divisor - 1) / divisor);
    const cv::Mat bgr = picture(size.width, size.height);
    cv::Mat small;
    cv::resize(bgr, small, expected, 0, 0, cv::INTER_AREA);
    for (const int subsampling : kSubsamplings) {
      INFO(name << " of " << size.width << "x" << size.height << ", subsampling " << subsampling);
      const bool gray = subsampling == TJSAMP_GRAY;
      const Bytes jpeg = compress(gray ? gray_of(bgr) : bgr, 95, subsampling);
      for (const auto* format : {"bgr8", "gray8", "yuv420"}) {
        INFO(format);
        const auto out = decoded(jpeg, {{"scale", name}, {"format", std::string(format)}});
        CHECK(cv::Size(out->image()->width(), out->image()->height()) == expected);
        // Pictures of odd size are not reduced to the same pixels as OpenCV's.
        if (size == cv::Size(320, 240)) {
          CHECK(psnr(out->image()->gray(), gray_of(small)) > 28);
          if (!gray && out->kind() != Kind::gray8) CHECK(psnr(out->image()->bgr(), small) > 26);
        }
      }
    }
  }
}

TEST_CASE("decode.jpeg: RGB, progressive and restart-marked JPEGs too") {
  const cv::Mat bgr = picture(75, 51);
  for (const auto* format : {"bgr8", "gray8", "yuv420"}) {
    INFO(format);
    const StageTest::Parameters p{{"format", std::string(format)}};
    const auto rgb = decoded(rgb_jpeg(bgr), p);
    CHECK(psnr(rgb->image()->gray(), gray_of(bgr)) > 36);
    if (rgb->kind() != Kind::gray8) CHECK(psnr(rgb->image()->bgr(), bgr) > 29);
    const auto progressive = decoded(compress(bgr, 95, TJSAMP_420, TJFLAG_PROGRESSIVE), p);
    CHECK(psnr(progressive->image()->gray(), gray_of(bgr)) > 36);

    StageTest encode("encode.jpeg",
                     {{"quality", std::int64_t{95}}, {"restart_rows", std::int64_t{1}}});
    encode.send(frame(Image(Kind::bgr8, bgr)));
    StageTest decode("decode.jpeg", p);
    decode.send(encode.frames().at(0));
    CHECK(psnr(decode.frames().at(0)->image()->gray(), gray_of(bgr)) > 36);
  }
}

TEST_CASE("decode.jpeg: carries the frame's name, number, time and annotations on") {
  const sluice::Frame in{"yard",
                         42,
                         sluice::UtcTime{sluice::Duration(5)},
                         false,
                         sluice::Encoded::from(Kind::jpeg, compress(picture(32, 32))),
                         {{"motion", {0.1, 0.2, 0.3, 0.4}, 1.0, {}}}};
  StageTest test("decode.jpeg");
  test.send(std::make_shared<const sluice::Frame>(in));
  const auto out = test.frames().at(0);
  CHECK(out->source == "yard");
  CHECK(out->sequence == 42);
  CHECK(out->captured == in.captured);
  CHECK_FALSE(out->captured_known);
  CHECK(out->annotations == in.annotations);
}

TEST_CASE("decode.jpeg: what is no JPEG fails by its first bytes") {
  CHECK(contains(failure({}), "FF D8"));
  CHECK(contains(failure({0xFF}), "FF D8"));
  CHECK(contains(failure({0xFF, 0xD8}), "FF D8"));
  CHECK(contains(failure({'0'}), "FF D8"));  // imagezmq's text-only senders
  const Bytes png{0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 'I', 'H', 'D', 'R'};
  CHECK(contains(failure(png), "FF D8"));
  CHECK(contains(failure({0xFF, 0xD8, 0xFF, 0xD9}), "JPEG"));
  CHECK(contains(failure(Bytes(1000, 0xFF)), "FF D8"));

  StageTest test("decode.jpeg");
  test.send(frame(png, Kind::png));
  CHECK(test.counts().failed == 1);
  CHECK(contains(test.log()[0], "and png came"));
}

TEST_CASE("decode.jpeg: pixels go on as they came") {
  StageTest test("decode.jpeg", {{"scale", "1/2"}});
  const auto pixels = sluice::testkit::make_frame(picture(8, 8));
  test.send(pixels);
  test.send(frame(compress(picture(8, 8))));
  test.send(frame(Bytes(1000, 0xFF), Kind::png));
  REQUIRE(test.frames().size() == 2);
  CHECK(test.frames()[0] == pixels);
  CHECK(test.frames()[1]->image()->width() == 4);
  CHECK(test.counts().failed == 1);
}

TEST_CASE("decode.jpeg: sizes are checked in the header, before anything is allocated") {
  Bytes jpeg = compress(picture(64, 48));
  set_size(jpeg, 65535, 65535);  // libjpeg's own limit is 65500
  CHECK_FALSE(failure(jpeg).empty());
  set_size(jpeg, 65500, 65500);
  CHECK(contains(failure(jpeg), "max_pixels"));
  CHECK(contains(failure(jpeg, {{"tolerate", true}, {"scale", std::string("1/8")}}), "max_pixels"));
  set_size(jpeg, 0, 48);
  CHECK(contains(failure(jpeg), "header"));
  set_size(jpeg, 64, 0);
  CHECK(contains(failure(jpeg), "header"));

  const Bytes good = compress(picture(100, 100));
  CHECK(failure(good, {{"max_pixels", std::int64_t{10'000}}}).empty());
  CHECK(contains(failure(good, {{"max_pixels", std::int64_t{9'999}}}), "9999"));

  // By itself as many as cameras have: an 8000x8000 would cost 192 MB of pixels.
  set_size(jpeg, 6000, 4000);
  CHECK_FALSE(contains(failure(jpeg), "max_pixels"));
  set_size(jpeg, 8000, 8000);
  CHECK(contains(failure(jpeg), "the limit, max_pixels, is 25000000; raise it"));
}

TEST_CASE("decode.jpeg: a picture of too many scans fails before it is begun") {
  const Bytes bomb = many_scans(5000);
  CHECK(contains(failure(bomb), "scans"));
  CHECK(contains(failure(bomb, {{"tolerate", true}}), "scans"));
  const Bytes few = many_scans(0);
  CHECK(failure(few).empty());
  CHECK(contains(failure(few, {{"max_scans", std::int64_t{2}}}), "scans"));

  // However many scans are allowed: of a large picture fewer.
  Bytes large = many_scans(60);
  const auto sof = find_last(large, 0xC2);
  for (const std::size_t i : {5u, 7u}) large[sof + i] = 4900 >> 8, large[sof + i + 1] = 4900 & 0xFF;
  CHECK(
      contains(failure(large), "the limit is 1000 million scans times pixels; send a smaller one"));

  // A preview in the metadata, with scans of its own, is none of the picture's.
  Bytes with_preview = compress(picture(64, 48));
  const Bytes app{0xFF, 0xE1, 0x00, 0x0A, 0xFF, 0xDA, 0xFF, 0xDA, 0xFF, 0xDA, 0xFF, 0xDA};
  with_preview.insert(with_preview.begin() + 2, app.begin(), app.end());
  CHECK(failure(with_preview, {{"max_scans", std::int64_t{1}}}).empty());
}

TEST_CASE("decode.jpeg: CMYK fails by name") {
  cv::Mat cmyk(16, 16, CV_8UC4, cv::Scalar(10, 20, 30, 40));
  const Bytes jpeg = compress(cmyk, 90, TJSAMP_444, 0, TJPF_CMYK);
  for (const auto* format : {"bgr8", "gray8", "yuv420"})
    CHECK(contains(failure(jpeg, {{"format", std::string(format)}}), "CMYK"));
}

TEST_CASE("decode.jpeg: a picture of two colours, whatever they are, fails") {
  const Bytes two{0xFF, 0xD8,                                                           //
                  0xFF, 0xC0, 0, 14, 8, 0, 16, 0, 16, 2, 1,  0x11, 0,    2,   0x11, 0,  // 16x16
                  0xFF, 0xDA, 0, 10, 2, 1, 0,  2, 0,  0, 63, 0,    0xFF, 0xD9};
  CHECK(contains(failure(two), "unsupported colour space"));
}

TEST_CASE("decode.jpeg: tables of one picture don't serve for the next") {
  // A picture without quantization tables, as an abbreviated stream has it.
  const Bytes whole = compress(picture(32, 24));
  Bytes without(whole.begin(), whole.begin() + 2);
  for (std::size_t at = 2; at < whole.size();) {
    const std::size_t length = static_cast<std::size_t>(whole[at + 2]) << 8 | whole[at + 3];
    const bool scan = whole[at + 1] == 0xDA;
    const auto from = whole.begin() + static_cast<std::ptrdiff_t>(at);
    if (scan) {
      without.insert(without.end(), from, whole.end());
      break;
    }
    if (whole[at + 1] != 0xDB)
      without.insert(without.end(), from, from + static_cast<std::ptrdiff_t>(2 + length));
    at += 2 + length;
  }
  StageTest test("decode.jpeg");
  test.send(frame(whole));
  test.send(frame(without));
  CHECK(test.counts().out == 1);
  CHECK(test.counts().failed == 1);
}

TEST_CASE("decode.jpeg: a picture that is cut off anywhere fails, unless it is tolerated") {
  const int flags = GENERATE(0, TJFLAG_PROGRESSIVE);
  const cv::Mat bgr = picture(160, 120);
  const Bytes whole = compress(bgr, 85, TJSAMP_420, flags);
  StageTest strict("decode.jpeg");
  StageTest lenient("decode.jpeg", {{"tolerate", true}});
  std::uint64_t cuts = 0;
  for (std::size_t size = 0; size < whole.size(); size += size < 700 ? 1 : 13, ++cuts) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    strict.send(frame(cut));
    lenient.send(frame(cut));
  }
  CHECK(strict.counts().failed == cuts);
  CHECK(strict.frames().empty());
  CHECK(lenient.counts().failed + lenient.counts().out == cuts);
  CHECK(lenient.counts().out == lenient.frames().size());
  CHECK(lenient.counts().out > 100);
  for (const auto& f : lenient.frames()) CHECK(f->image()->mat().size() == bgr.size());

  // Cut in the middle: the upper part is there, the lower is gray.
  Bytes half = compress(bgr, 85);
  half.resize(half.size() * 3 / 4);
  const auto torn = decoded(half, {{"tolerate", true}});
  const cv::Rect upper(0, 0, 160, 32), lower(0, 104, 160, 16);
  CHECK(psnr(torn->image()->mat()(upper), bgr(upper)) > 28);
  cv::Scalar mean, deviation;
  cv::meanStdDev(gray_of(torn->image()->mat())(lower), mean, deviation);
  CHECK(deviation[0] < 40);
  strict.send(frame(half));
  CHECK(contains(strict.log().back(), "tolerate"));

  strict.send(frame(whole));
  CHECK(strict.counts().out == 1);
  CHECK(psnr(strict.frames().at(0)->image()->mat(), bgr) > 28);
}

TEST_CASE("decode.jpeg: a tolerated picture shows nothing of what was in memory before it") {
  // Cut off before anything is drawn.
  Bytes jpeg = compress(picture(160, 120));
  jpeg.resize(find_last(jpeg, 0xDA) + 14);
  // What can't be read at all still fails: here, a table of codes in mid-picture.
  Bytes broken = compress(picture(160, 120), 85, TJSAMP_420, TJFLAG_PROGRESSIVE);
  const Bytes bad_table{0xFF, 0xC4, 0x00, 0x04, 0x55, 0x55};
  broken.insert(broken.begin() + static_cast<std::ptrdiff_t>(find_last(broken, 0xDA)),
                bad_table.begin(), bad_table.end());
  const Bytes good = compress(picture(160, 120));
  for (const auto* format : {"bgr8", "gray8", "yuv420"}) {
    INFO(format);
    StageTest test("decode.jpeg", {{"tolerate", true}, {"format", std::string(format)}});
    for (int i = 0; i < 4; ++i) {
      {
        StageTest before("decode.jpeg", {{"format", std::string(format)}});
        for (int k = 0; k < 3; ++k) before.send(frame(good));
      }
      test.send(frame(jpeg));
      test.send(frame(broken));
    }
    CHECK(test.counts().failed == 4);
    REQUIRE(test.frames().size() == 4);
    for (const auto& f : test.frames())
      for (int plane = 0; plane < f->image()->planes(); ++plane) {
        cv::Mat off;
        // Without the first blocks, which libjpeg makes of nothing.
        const cv::Mat& pixels = f->image()->plane(plane);
        cv::absdiff(pixels.rowRange(pixels.rows / 2, pixels.rows), cv::Scalar::all(128), off);
        CHECK(cv::norm(off, cv::NORM_INF) == 0);
      }
  }
}

TEST_CASE("decode.jpeg: a few extraneous bytes before a marker are tolerated") {
  // Logitech's C270 and its sisters put some before restart markers, others before the end.
  const cv::Mat bgr = picture(160, 120);
  const Bytes plain = restart_marked(bgr);
  Bytes odd;
  int restarts = 0;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const bool restart = plain[i] == 0xFF && i + 1 < plain.size() && plain[i + 1] >= 0xD0 &&
                         plain[i + 1] <= 0xD7 && i > find_last(plain, 0xDA);
    const bool end = i + 2 == plain.size();
    if (restart && restarts++ % 3 == 0)
      odd.insert(odd.end(), static_cast<std::size_t>(1 + i % 4), 0x11);
    if (end) odd.insert(odd.end(), 30, 0);
    odd.push_back(plain[i]);
  }
  REQUIRE(restarts > 5);
  for (const auto* format : {"bgr8", "gray8", "yuv420"}) {
    INFO(format);
    const StageTest::Parameters p{{"format", std::string(format)}};
    const auto out = decoded(odd, p);
    for (int i = 0; i < out->image()->planes(); ++i)
      CHECK(cv::norm(out->image()->plane(i), decoded(plain, p)->image()->plane(i), cv::NORM_INF) ==
            0);
    // Damage behind them is still found.
    Bytes torn = odd;
    torn.erase(torn.end() - static_cast<std::ptrdiff_t>(torn.size() / 4), torn.end() - 2);
    CHECK(contains(failure(torn, p), "tolerate"));
  }
  // So many are a piece of a picture.
  Bytes stuffed = plain;
  stuffed.insert(stuffed.end() - 2, 500, 0x11);
  CHECK(contains(failure(stuffed), "extraneous"));
}

TEST_CASE("decode.jpeg: what a header says besides is no damage, what a scan lacks is") {
  const cv::Mat bgr = picture(64, 48);
  const Bytes good = compress(bgr);
  const auto with = [&](std::initializer_list<std::uint8_t> segment) {
    Bytes jpeg = good;
    jpeg.insert(jpeg.begin() + 2, segment);
    return jpeg;
  };
  // JFIF 7.00; Adobe's colours by a number that is none.
  CHECK(
      failure(with({0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 7, 0, 0, 0, 1, 0, 1, 0, 0})).empty());
  CHECK(failure(with({0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 9})).empty());
  // Which coefficients a scan has, where a sequential picture has all.
  Bytes odd_scan = good;
  const auto sos = find_last(odd_scan, 0xDA);
  odd_scan[sos + 11] = 0, odd_scan[sos + 12] = 0;
  CHECK(failure(odd_scan).empty());

  const Bytes marked = restart_marked(bgr);
  const auto at = find_last(marked, 0xD1);
  Bytes missing = marked;  // a restart marker, or another one in its place
  missing[at + 1] = 0xD5;
  CHECK(contains(failure(missing), "RST"));
  Bytes cut = marked;  // a piece between two of them
  cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(at) + 2,
            cut.begin() + static_cast<std::ptrdiff_t>(at) + 12);
  CHECK(contains(failure(cut), "premature end"));
}

TEST_CASE("decode.jpeg: damaged bits never do worse than fail") {
  // A limit well above these pictures, and low enough that damaged sizes take no time.
  const std::int64_t max_pixels = 1'000'000;
  const cv::Mat bgr = picture(60, 44);
  std::vector<Bytes> corpus{compress(bgr, 80),
                            compress(bgr, 80, TJSAMP_422),
                            compress(bgr, 80, TJSAMP_444, TJFLAG_PROGRESSIVE),
                            compress(gray_of(bgr), 80),
                            compress(bgr, 80, TJSAMP_411),
                            rgb_jpeg(bgr)};
  std::mt19937 random(20260131);
  for (const bool tolerate : {false, true}) {
    for (const auto* format : {"bgr8", "gray8", "yuv420"}) {
      for (const auto* scale : {"1", "1/2", "1/8"}) {
        StageTest test("decode.jpeg", {{"format", std::string(format)},
                                       {"scale", std::string(scale)},
                                       {"tolerate", tolerate},
                                       {"max_pixels", max_pixels}});
        const std::uint64_t rounds = 600;
        for (std::uint64_t i = 0; i < rounds; ++i) {
          Bytes jpeg = corpus[i % corpus.size()];
          // Half of the damage to the header, where it hurts most.
          const std::size_t reach = i % 2 ? jpeg.size() : std::min<std::size_t>(jpeg.size(), 700);
          const auto flips = 1 + random() % 8;
          for (std::uint32_t k = 0; k < flips; ++k)
            jpeg[2 + random() % (reach - 2)] ^= static_cast<std::uint8_t>(1u << (random() % 8));
          test.send(frame(std::move(jpeg)));
        }
        const auto counts = test.counts();
        CHECK(counts.failed + counts.out == rounds);
        CHECK(test.frames().size() == counts.out);
        CHECK(counts.failed > 0);
        for (const auto& f : test.frames()) {
          const auto& image = *f->image();
          CHECK(std::int64_t{image.width()} * image.height() <= max_pixels);
        }
        test.send(frame(corpus[0]));
        CHECK(test.counts().out == counts.out + 1);
      }
    }
  }
}

TEST_CASE("decode.jpeg: may be used by one thread after the other") {
  const Bytes jpeg = compress(picture(320, 240));
  StageTest test("decode.jpeg");
  test.send(frame(jpeg));
  for (int i = 0; i < 4; ++i) std::thread([&] { test.send(frame(jpeg)); }).join();
  const auto out = test.frames();
  REQUIRE(out.size() == 5);
  for (const auto& f : out)
    CHECK(cv::norm(f->image()->mat(), out.front()->image()->mat(), cv::NORM_INF) == 0);
}
