// display.web as a display: which pictures come, and when.

#include <algorithm>
#include <codec/jpeg_compressor.hpp>
#include <codec/jpeg_decoder.hpp>
#include <filesystem>

#include "catch.hpp"
#include "web_fixture.hpp"

using namespace sluice;
using namespace sluice::testkit;

namespace {
// Not a JPEG that can be decoded, but its bytes tell which one it is. Passed on, nobody looks.
std::vector<std::uint8_t> tagged(std::uint32_t tag, std::size_t size = 1000) {
  std::vector<std::uint8_t> bytes(size, static_cast<std::uint8_t>(tag));
  bytes[0] = 0xFF;
  bytes[1] = 0xD8;
  for (std::size_t i = 0; i < 4; ++i) bytes[2 + i] = static_cast<std::uint8_t>(tag >> (8 * i));
  return bytes;
}
std::uint32_t tag_of(const std::vector<std::uint8_t>& bytes) {
  std::uint32_t tag = 0;
  for (std::size_t i = 0; i < 4; ++i) tag |= std::uint32_t{bytes.at(2 + i)} << (8 * i);
  return tag;
}

FramePtr jpeg(std::vector<std::uint8_t> bytes, std::string source = "cam",
              std::uint64_t sequence = 0) {
  return make_frame(cv::Mat(1, 1, CV_8UC1), std::move(source), sequence)
      ->with(Encoded::from(Kind::jpeg, std::move(bytes)));
}
// TurboJPEG refuses it: an attempt to encode it shows in the log.
FramePtr unencodable() { return make_frame(cv::Mat(1, 70000, CV_8UC1, cv::Scalar(0))); }

std::vector<std::uint8_t> white() {
  const auto jpeg = codec::JpegCompressor().encode(*picture({255, 255, 255})->image(), {});
  return {jpeg.bytes.begin(), jpeg.bytes.end()};
}
// A progressive picture whose one scan comes so often again would do: its markers are as good.
std::vector<std::uint8_t> of_scans(int scans) {
  auto jpeg = white();
  for (int i = 1; i < scans; ++i) jpeg.insert(jpeg.end(), {0xFF, 0xDA});
  return jpeg;
}
// What its header says.
std::vector<std::uint8_t> of_pixels(int width, int height) {
  auto jpeg = white();
  const std::vector<std::uint8_t> begin_of_frame{0xFF, 0xC0};
  const auto at =
      std::search(jpeg.begin(), jpeg.end(), begin_of_frame.begin(), begin_of_frame.end());
  const auto put = [&](int offset, int value) {
    at[offset] = static_cast<std::uint8_t>(value >> 8);
    at[offset + 1] = static_cast<std::uint8_t>(value);
  };
  put(5, height);
  put(7, width);
  return jpeg;
}

cv::Mat shown_in(std::span<const std::uint8_t> bytes) {
  return codec::JpegDecoder(bytes, {}, false).decode(Kind::bgr8, 8, false).mat();
}

std::size_t entries(const char* folder) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

}  // namespace

TEST_CASE("display.web passes JPEGs on as they came") {
  Page page;
  const auto sent = tagged(1, 300'000);
  page.send(jpeg(sent, "cam", 41));
  HttpClient viewer(page.port);
  viewer.begin_stream("/stream/cam.mjpg");
  const auto first = viewer.part();
  CHECK(first.picture == sent);
  CHECK(HttpClient::field(first.header, "X-Sequence") == "41");
  CHECK(HttpClient::field(first.header, "X-Timestamp") == "1767225600.000");
  CHECK(HttpClient::field(first.header, "Content-Type") == "image/jpeg");

  const auto next = tagged(2, 17);
  page.send(jpeg(next));
  CHECK(viewer.part().picture == next);

  const auto snapshot = page.get("/snapshot/cam.jpg");
  CHECK(snapshot.status == 200);
  CHECK(std::vector<std::uint8_t>(snapshot.body.begin(), snapshot.body.end()) == next);
  CHECK(page.counts().out == 2);
}

TEST_CASE("display.web shows the picture that came before the viewer") {
  Page page;
  page.send(jpeg(tagged(7)));
  page.send(jpeg(tagged(8)));
  for (int i = 0; i < 2; ++i) {
    HttpClient viewer(page.port);
    viewer.begin_stream("/stream/cam.mjpg");
    CHECK(tag_of(viewer.part().picture) == 8);
  }
}

TEST_CASE("display.web encodes images of every format, with their boxes") {
  Page page({{"quality", std::int64_t{95}}});
  const auto shown = [&](const FramePtr& frame) {
    page.send(frame);
    const auto body = page.get("/snapshot/cam.jpg").body;
    const std::vector<std::uint8_t> bytes(body.begin(), body.end());
    return shown_in(bytes);
  };
  const auto middle = [](const cv::Mat& m) { return m.at<cv::Vec3b>(m.rows / 2, m.cols / 2); };
  const auto near = [&](const cv::Mat& m, cv::Vec3b colour) {
    return cv::norm(middle(m), colour, cv::NORM_INF) <= 6;
  };
  CHECK(near(shown(picture({200, 90, 40})), {200, 90, 40}));
  CHECK(near(shown(make_frame(cv::Mat(48, 64, CV_8UC4, cv::Scalar(200, 90, 40, 255)))),
             {200, 90, 40}));
  CHECK(near(shown(make_frame(cv::Mat(48, 64, CV_8UC1, cv::Scalar(77)))), {77, 77, 77}));
  for (const cv::Size size : {cv::Size(64, 48), cv::Size(65, 49)}) {
    const auto yuv = Image::make_yuv420(size.width, size.height);
    cv::Mat(yuv.plane(0)).setTo(117);
    cv::Mat(yuv.plane(1)).setTo(84);
    cv::Mat(yuv.plane(2)).setTo(187);
    const auto got = shown(picture()->with(yuv));
    CHECK(got.size() == size);
    CHECK(near(got, {40, 90, 200}));
  }
  // A box over all of it, whose line is at the edge.
  const auto plain = picture({0, 0, 0});
  const auto edge = [&](const FramePtr& frame) { return shown(frame).at<cv::Vec3b>(24, 0); };
  const Box all{.x = 0, .y = 0, .width = 1, .height = 1};
  CHECK(edge(plain)[2] < 40);
  CHECK(edge(plain->annotated({{"motion", all, 1, ""}}))[2] > 100);
  CHECK(edge(plain->annotated({{"truth", all, 1, ""}}))[2] < 40);
  // Drawn into a copy: the frame is as it was.
  CHECK(cv::norm(plain->image()->mat(), cv::NORM_INF) == 0);
}

TEST_CASE("display.web encodes only what is watched, and once for all who watch") {
  Page page;
  const auto attempts = [&] {
    const auto before = page.log().size();
    page.tick();
    const auto log = page.log();
    return log.size() == before ? 0 : std::stoi(log.back());
  };
  for (int i = 0; i < 5; ++i) page.send(unencodable());
  CHECK(attempts() == 0);

  CHECK(page.get("/snapshot/cam.jpg").status == 500);
  CHECK(attempts() == 1);
  page.send(unencodable());
  CHECK(attempts() == 0);

  HttpClient one(page.port), two(page.port);
  page.send(picture());
  one.begin_stream("/stream/cam.mjpg");
  two.begin_stream("/stream/cam.mjpg");
  CHECK(one.part().picture == two.part().picture);
  page.send(unencodable());
  page.send(picture({255, 0, 0}, "other"));
  int sum = 0;
  CHECK(page.eventually([&] { return (sum += attempts()) >= 1; }));
  page.send(picture());
  one.part();
  two.part();
  CHECK(sum + attempts() == 1);
}

TEST_CASE("A viewer that reads slowly skips pictures and ends at the newest") {
  Page page;
  constexpr std::uint32_t kFrames = 60;
  page.send(jpeg(tagged(0)));
  HttpClient slow(page.port, 16 * 1024), fast(page.port);
  slow.begin_stream("/stream/cam.mjpg");
  fast.begin_stream("/stream/cam.mjpg");
  CHECK(tag_of(fast.part().picture) == 0);
  for (std::uint32_t i = 1; i <= kFrames; ++i) {
    page.send(jpeg(tagged(i, 1'000'000)));
    REQUIRE(tag_of(fast.part().picture) == i);  // the slow one doesn't hold it up
  }
  std::vector<std::uint32_t> seen;
  do seen.push_back(tag_of(slow.part().picture));
  while (seen.back() != kFrames);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(seen.size() < kFrames / 2);
  CHECK(page.counts().out == kFrames + 1);
}

TEST_CASE("A viewer that reads nothing at all is dropped, others stay") {
  Page page({{"viewer_timeout", std::string("1s")}});
  page.send(jpeg(tagged(0)));
  HttpClient stuck(page.port, 16 * 1024), other(page.port);
  stuck.begin_stream("/stream/cam.mjpg");
  other.begin_stream("/stream/cam.mjpg");
  other.part();
  CHECK(page.sources()["viewers"] == 2);
  std::uint32_t i = 0;
  CHECK(page.eventually([&] {
    page.send(jpeg(tagged(++i, 4'000'000)));
    REQUIRE(tag_of(other.part().picture) == i);
    return page.sources()["viewers"] == 1;
  }));
}

TEST_CASE("A viewer that is gone is noticed, though its source is silent") {
  Page page;
  page.send(jpeg(tagged(0)));
  {
    HttpClient viewer(page.port);
    viewer.begin_stream("/stream/cam.mjpg");
    viewer.part();
    CHECK(page.sources()["viewers"] == 1);
  }
  CHECK(page.eventually([&] { return page.sources()["viewers"] == 0; }));
}

TEST_CASE("The page can ask whether its own stream still flows") {
  Page page;
  page.send(jpeg(tagged(3)));
  CHECK(page.sources("v1")["watching"] == false);
  {
    HttpClient viewer(page.port);
    viewer.begin_stream("/stream/cam.mjpg?viewer=v1");
    // For browsers: the next part's header at once, so that they show this one now.
    viewer.until("Content-Type: image/jpeg\r\n\r\n");
    const auto sent = viewer.bytes(1000);
    CHECK(static_cast<unsigned char>(sent[2]) == 3);
    CHECK(has(viewer.head(), "Content-Type: image/jpeg\r\n"));
    CHECK(page.sources("v1")["watching"] == true);
    CHECK(page.sources("v2")["watching"] == false);
    CHECK(page.sources("")["watching"] == false);
  }
  CHECK(page.eventually([&] { return page.sources("v1")["watching"] == false; }));
}

TEST_CASE("The montage shows every source, anew when something changed, at most so often") {
  Page page({{"rate", 10.0}, {"tile_width", std::int64_t{160}}, {"quality", std::int64_t{95}}});
  HttpClient viewer(page.port);
  viewer.begin_stream("/montage.mjpg");
  const auto decoded = [&] { return shown_in(viewer.part().picture); };
  CHECK(decoded().cols > 0);  // says that nothing has come yet

  page.clock().advance(std::chrono::seconds(1));
  page.send(picture({0, 0, 255}, "a"));
  const auto one = decoded();
  CHECK(one.cols == 160);
  CHECK(one.at<cv::Vec3b>(60, 80)[2] > 200);

  // Not due yet: however long the composer looks, these three make one montage.
  page.send(picture({255, 0, 0}, "b"));
  page.send(picture({0, 255, 0}, "a"));
  const auto good =
      codec::JpegCompressor().encode(*picture({255, 255, 255})->image(), {.quality = 95});
  page.send(jpeg({good.bytes.begin(), good.bytes.end()}, "c"));
  page.clock().advance(std::chrono::milliseconds(100));
  page.tick();
  const auto three = decoded();
  CHECK(three.cols == 320);
  CHECK(three.at<cv::Vec3b>(60, 80)[1] > 200);
  CHECK(three.at<cv::Vec3b>(60, 240)[0] > 200);
  CHECK(three.at<cv::Vec3b>(60 + three.rows / 2, 80)[0] > 200);

  // A source that falls silent changes the picture, too, without any frame.
  page.clock().advance(std::chrono::seconds(11));
  page.tick();
  const auto silent = decoded().at<cv::Vec3b>(60, 80);
  CHECK(std::abs(silent[0] - silent[1]) < 12);
  CHECK(silent[1] < 200);
}

TEST_CASE("A JPEG that is broken, takes too long or is too large spoils its own tile only") {
  const auto [bytes, why] = GENERATE(table<std::vector<std::uint8_t>, std::string>(
      {{tagged(1), "bad: broken JPEG"},
       {of_scans(31), "bad: a JPEG of 31 scans: the limit, max_scans, is "},
       {of_pixels(8000, 8000), "bad: a JPEG of 8000x8000 pixels: the limit, max_pixels, is "}}));
  CAPTURE(why);
  Page page;
  page.send(jpeg(bytes, "bad"));
  page.send(picture({0, 0, 255}, "good"));
  HttpClient viewer(page.port);
  viewer.begin_stream("/montage.mjpg");
  const auto montage = shown_in(viewer.part().picture);
  CHECK(montage.at<cv::Vec3b>(montage.rows / 2, montage.cols * 3 / 4)[2] > 200);
  page.tick();
  CHECK(has(page.log().back(), "1 pictures could not be shown; the last: " + why));
}

TEST_CASE("What isn't a JPEG fails, and what has no fit name") {
  Page page;
  page.send(jpeg({}));
  page.send(jpeg({0xFF}));
  page.send(jpeg({'G', 'I', 'F', '8'}));
  page.send(picture({0, 0, 0}, "../x"));
  page.send(picture({0, 0, 0}, "<b>"));
  CHECK(page.counts().failed == 5);
  CHECK(page.sources()["sources"].empty());
}

TEST_CASE("/sources.json tells ages, rates and who is silent") {
  Page page({{"active", std::string("10s")}});
  for (int i = 0; i < 21; ++i) {
    page.send(make_frame(cv::Mat::zeros(2, 2, CV_8UC1), "quick", 0, page.clock().utc()));
    if (i == 0) page.send(make_frame(cv::Mat::zeros(2, 2, CV_8UC1), "once", 0, page.clock().utc()));
    if (i < 20) page.clock().advance(std::chrono::milliseconds(200));
  }
  auto list = page.sources();
  CHECK(list["columns"] == 2);
  CHECK(list["rows"] == 1);
  REQUIRE(list["sources"].size() == 2);
  auto once = list["sources"][0], quick = list["sources"][1];
  CHECK(once["name"] == "once");
  CHECK(once["quiet_s"] == Approx(4.0));
  CHECK(once["silent"] == false);
  CHECK(quick["fps"] == Approx(5.0));
  CHECK(quick["age_s"] == Approx(0.0).margin(1e-6));
  CHECK(quick["format"] == "gray8");

  page.clock().advance(std::chrono::milliseconds(6001));
  list = page.sources();
  CHECK(list["sources"][0]["silent"] == true);
  CHECK(list["sources"][0]["fps"] == 0.0);
  CHECK(list["sources"][1]["silent"] == false);

  page.send(picture({0, 0, 0}, "once"));
  CHECK(page.sources()["sources"][0]["silent"] == false);
}

TEST_CASE("More sources than a display shows are dropped, until one has fallen silent") {
  Page page({{"active", std::string("10s")}});
  for (int i = 0; i < 256; ++i) {
    page.send(picture({0, 0, 0}, "cam" + std::to_string(i), {2, 2}));
    if (i == 0) page.clock().advance(std::chrono::seconds(1));
  }
  page.send(picture({0, 0, 0}, "late"));
  CHECK(page.counts().dropped.at("too_many_sources") == 1);
  CHECK(page.sources()["sources"].size() == 256);

  HttpClient viewer(page.port);
  viewer.begin_stream("/stream/cam0.mjpg");
  viewer.part();
  page.clock().advance(std::chrono::milliseconds(9500));
  page.send(picture({0, 0, 0}, "late"));
  CHECK(page.counts().dropped.at("too_many_sources") == 1);
  CHECK(page.get("/snapshot/late.jpg").status == 200);
  CHECK(page.get("/snapshot/cam0.jpg").status == 404);
  CHECK(page.sources()["sources"].size() == 256);
  CHECK(viewer.to_end().empty());  // who watched the one that made room is told so
}

TEST_CASE("display.web leaves nothing behind, with viewers of every sort at the end") {
  const auto round = [] {
    Page page;
    page.send(picture());
    page.send(jpeg(tagged(0, 8'000'000), "large"));
    HttpClient montage(page.port), idle(page.port), stuck(page.port, 16 * 1024), fresh(page.port);
    montage.begin_stream("/montage.mjpg");
    idle.begin_stream("/stream/cam.mjpg");
    idle.part();
    stuck.begin_stream("/stream/large.mjpg");
    fresh.request("/stream/cam.mjpg");
  };
  round();
  const auto threads = entries("/proc/self/task"), files = entries("/proc/self/fd");
  for (int i = 0; i < 50; ++i) round();
  // A joined thread may still be listed for a moment, and have been when they were counted first.
  CHECK(
      StageTest("sink.discard").eventually([&] { return entries("/proc/self/task") <= threads; }));
  CHECK(entries("/proc/self/fd") == files);
}

TEST_CASE(
    "display.web lets pictures go where the graph keeps too much, of those that matter least") {
  Page page;
  const auto large = [](std::string source) {
    return picture({0, 0, 255}, std::move(source), {2000, 1000});  // 6 MB
  };
  const auto kept = [&](const std::string& source) {
    return page.get("/snapshot/" + source + ".jpg").status == 200;
  };
  page.send(picture({0, 255, 0}, "small"));
  page.send(large("silent"));
  page.clock().advance(std::chrono::seconds(11));
  page.send(picture({0, 255, 0}, "small"));
  page.send(large("stranger"));
  page.send(large("live"));
  CHECK(page.held_bytes() == 3 * 6'000'000 + 64 * 48 * 3);
  // Who is gone keeps no large picture.
  page.send_gone("stranger");
  CHECK(page.held_bytes() == 2 * 6'000'000 + 64 * 48 * 3);
  page.limit_memory(10'000'000);
  page.tick();
  CHECK(page.held_bytes() == 6'000'000 + 64 * 48 * 3);
  CHECK(kept("live"));
  CHECK(kept("small"));
  CHECK(page.figures()["pictures_let_go"]["memory"] == 1);
  // Many names, each with a large picture: the small one stays, and all names do.
  for (int i = 0; i < 12; ++i) page.send(large("many" + std::to_string(i)));
  CHECK(page.held_bytes() <= 10'000'000);
  CHECK(kept("small"));
  CHECK(kept("many11"));
  CHECK(page.sources()["sources"].size() == 16);
}

TEST_CASE(
    "display.web claims what it keeps and no more, and where that is too much, others find room") {
  Page page;
  const auto send = [&](int i) {
    page.send(picture({0, 0, 255}, "cam" + std::to_string(i), {200, 100}));
  };
  constexpr std::size_t kPicture = 200 * 100 * 3;
  page.limit_memory(8 * kPicture);
  for (int i = 0; i < 8; ++i) send(i);
  page.tick();
  CHECK(page.held_bytes() == 8 * kPicture);
  CHECK(page.figures().empty());
  send(8);
  CHECK(page.held_bytes() == 6 * kPicture);
  CHECK(page.figures()["pictures_let_go"]["memory"] == 3);
}

TEST_CASE("display.web forgets who is gone before anybody else") {
  Page page;
  for (int i = 0; i < 256; ++i) page.send(picture({0, 0, 255}, "s" + std::to_string(i)));
  page.send(picture({0, 0, 255}, "late"));
  CHECK(page.counts().dropped.at("too_many_sources") == 1);
  page.send_gone("s7");
  page.send(picture({0, 0, 255}, "late"));
  CHECK(page.get("/snapshot/late.jpg").status == 200);
  CHECK(page.get("/snapshot/s7.jpg").status == 404);
  CHECK(page.get("/snapshot/s8.jpg").status == 200);
}
