#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <sluice/testkit.hpp>

#include "catch.hpp"
#include "skip.hpp"

using sluice::Annotation;
using sluice::Box;
using sluice::Event;
using sluice::FramePtr;
using sluice::Image;
using sluice::Kind;
using sluice::testkit::StageTest;

namespace {

constexpr auto kMs = std::chrono::milliseconds(1);

// A fixed camera's scene: shades, noise, and a bright square where it is asked for.
class Scene {
 public:
  explicit Scene(unsigned seed, cv::Size size = {320, 240}, double noise = 4)
      : rng_(seed), noise_(noise), background_(size, CV_8UC1) {
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        background_.at<uchar>(y, x) =
            static_cast<uchar>(60 + 60 * x / size.width + 20 * y / size.height);
  }

  cv::Mat still() { return with_noise(background_.clone()); }

  cv::Mat with_square(const cv::Rect& square) {
    cv::Mat m = background_.clone();
    cv::rectangle(m, square, 200, cv::FILLED);
    return with_noise(std::move(m));
  }

 private:
  cv::Mat with_noise(cv::Mat m) {
    cv::Mat noise(m.size(), CV_16SC1), out;
    rng_.fill(noise, cv::RNG::NORMAL, 0, noise_);
    cv::add(m, noise, out, cv::noArray(), CV_8U);
    return out;
  }

  cv::RNG rng_;
  double noise_;
  cv::Mat background_;
};

// Where the square is in its nth frame: across the picture and back, 5 pixels a frame.
cv::Rect path(int n, cv::Size picture = {320, 240}, int side = 48) {
  const int way = picture.width - side;
  const int at = (n * 5) % (2 * way);
  return {at < way ? at : 2 * way - at, picture.height / 3, side, side};
}

// Feeds one source, 30 frames a second by its capture times.
class Feed {
 public:
  Feed(StageTest& test, std::string source)
      : test_(test), camera_(test.clock(), std::move(source), 33 * kMs) {}

  FramePtr send(Image image) {
    auto frame = camera_.frame(std::move(image));
    test_.send(frame);
    return frame;
  }
  FramePtr send(cv::Mat gray) { return send(Image(Kind::gray8, std::move(gray))); }

 private:
  StageTest& test_;
  sluice::testkit::FakeSource camera_;
};

template <class T>
T detail(const Event& event, std::string_view key) {
  for (const auto& [name, value] : event.details)
    if (name == key) return std::get<T>(value);
  FAIL("no detail " << key);
  return {};
}

std::vector<std::string> names(const std::vector<Event>& events, const std::string& source = {}) {
  std::vector<std::string> list;
  for (const auto& e : events)
    if (source.empty() || e.source == source) list.push_back(e.name);
  return list;
}

// Intersection over union, of a box in fractions and a rectangle in pixels.
double iou(const Box& box, const cv::Rect& truth, cv::Size size) {
  const cv::Rect2d a(box.x * size.width, box.y * size.height, box.width * size.width,
                     box.height * size.height);
  const cv::Rect2d b(truth);
  const double common = (a & b).area();
  return common / (a.area() + b.area() - common);
}

double best_iou(const FramePtr& frame, const cv::Rect& truth) {
  double best = 0;
  for (const auto& a : frame->annotations)
    if (a.label == "motion")
      best = std::max(best, iou(a.box, truth, {frame->image()->width(), frame->image()->height()}));
  return best;
}

// A small picture of which nothing is to be found, and how much a source of such ones takes.
constexpr std::size_t kPlain = 16 * 12 * 6;
void send_plain(StageTest& test, const std::string& source, int scale = 1) {
  test.send(
      sluice::testkit::make_frame(cv::Mat(24 * scale, 32 * scale, CV_8UC1, cv::Scalar(9)), source));
}

std::vector<std::string> sources_of(const StageTest& test) {
  std::vector<std::string> list;
  for (const auto& frame : test.frames()) list.push_back(frame->source);
  return list;
}

const std::vector<std::string> kOnce{"motion.began", "motion.ended"};

StageTest::Parameters with_method(const std::string& method, StageTest::Parameters more = {}) {
  more.emplace_back("method", method);
  return more;
}

}  // namespace

TEST_CASE("motion.detect: a moving square begins and ends once, and is where the boxes are") {
  const std::string method = GENERATE("average", "mog2");
  INFO(method);
  StageTest test("motion.detect", with_method(method, {{"begin", std::int64_t{3}},
                                                       {"end", std::int64_t{6}},
                                                       {"warm_up", std::int64_t{10}}}));
  Scene scene(1);
  Feed cam(test, "cam");
  for (int i = 0; i < 30; ++i) cam.send(scene.still());
  CHECK(test.events().empty());

  double worst = 1;
  double sum = 0;
  for (int i = 0; i < 40; ++i) {
    cam.send(scene.with_square(path(i)));
    CHECK(test.events().size() == (i < 2 ? 0 : 1));  // with the third moving frame
    const double overlap = best_iou(test.frames().back(), path(i));
    worst = std::min(worst, overlap);
    sum += overlap;
  }
  CHECK(worst > 0.6);
  CHECK(sum / 40 > 0.8);
  const auto began = test.events().at(0);
  CHECK(began.name == "motion.began");
  CHECK(began.source == "cam");
  CHECK(detail<std::int64_t>(began, "sequence") == 32);
  CHECK(detail<std::int64_t>(began, "boxes") >= 1);
  const double truth = 48.0 * 48 / (320 * 240);
  CHECK(detail<double>(began, "area") > 0.7 * truth);
  CHECK(detail<double>(began, "area") < 1.8 * truth);

  int until_ended = 0;
  int unmarked = 0;  // frames in a row
  while (test.events().size() == 1 && until_ended < 100) {
    cam.send(scene.still());
    ++until_ended;
    unmarked = test.frames().back()->annotations.empty() ? unmarked + 1 : 0;
  }
  for (int i = 0; i < 30; ++i) cam.send(scene.still());
  CHECK(unmarked == 6);
  CHECK(until_ended <= 10);
  REQUIRE(names(test.events()) == kOnce);
  const auto ended = test.events().at(1);
  CHECK(detail<std::string>(ended, "reason") == "still");
  CHECK(detail<std::int64_t>(ended, "frames") >= 40);
  CHECK(detail<std::int64_t>(ended, "duration_ms") >= 33 * 39);
  CHECK(detail<std::int64_t>(ended, "duration_ms") <= 33 * 45);
  CHECK(detail<std::int64_t>(ended, "sequence") == 70 + until_ended - 1);

  // A second phase is another motion.
  for (int i = 0; i < 20; ++i) cam.send(scene.with_square(path(i)));
  CHECK(test.events().size() == 3);
  CHECK(test.counts().out == test.counts().in);
}

TEST_CASE("motion.detect: what stood there at first leaves no lasting ghost when it goes") {
  StageTest test(
      "motion.detect",
      {{"warm_up", std::int64_t{10}}, {"absorb", std::int64_t{20}}, {"end", std::int64_t{6}}});
  Scene scene(1);
  Feed cam(test, "cam");
  for (int i = 0; i < 15; ++i) cam.send(scene.with_square(path(0)));
  CHECK(test.events().empty());
  int frames = 0;
  for (; test.events().size() < 2 && frames < 200; ++frames) cam.send(scene.still());
  CHECK(names(test.events()) == kOnce);
  CHECK(frames >= 20);
  CHECK(frames <= 20 + 6 + 3);
}

TEST_CASE("motion.detect: noise alone is no motion, and frames without motion go on as they are") {
  const std::string method = GENERATE("average", "mog2");
  INFO(method);
  StageTest test("motion.detect", with_method(method));
  Scene scene(7, {320, 240}, 10);
  Feed cam(test, "cam");
  for (int i = 0; i < 200; ++i) {
    const auto in = cam.send(scene.still());
    CHECK(test.frames().back() == in);
  }
  CHECK(test.events().empty());
}

TEST_CASE("motion.detect: slow change of light is no motion") {
  StageTest test("motion.detect");
  Feed cam(test, "cam");
  Scene scene(3);
  for (int i = 0; i < 200; ++i) cam.send(cv::Mat(scene.still() + i / 5));  // 40 levels
  CHECK(test.events().empty());
}

TEST_CASE("motion.detect: a sudden change of light ends by itself, soon") {
  StageTest test("motion.detect", {{"end", std::int64_t{3}}});
  Feed cam(test, "cam");
  Scene scene(3);
  for (int i = 0; i < 30; ++i) cam.send(scene.still());
  for (int i = 0; i < 70; ++i) cam.send(cv::Mat(scene.still() + 90));
  CHECK(names(test.events()) == kOnce);
}

TEST_CASE("motion.detect: `begin` and `end` want frames in a row") {
  StageTest test("motion.detect", {{"begin", std::int64_t{4}}, {"end", std::int64_t{5}}});
  Feed cam(test, "cam");
  Scene scene(5);
  for (int i = 0; i < 20; ++i) cam.send(scene.still());
  for (int i = 0; i < 30; ++i)  // never more than 3 in a row
    cam.send(i % 4 == 3 ? scene.still() : scene.with_square(path(i)));
  CHECK(test.events().empty());
  for (int i = 0; i < 4; ++i) cam.send(scene.with_square(path(i)));
  CHECK(names(test.events()) == std::vector<std::string>{"motion.began"});
  for (int i = 0; i < 40; ++i)  // never more than 4 still ones in a row
    cam.send(i % 5 == 4 ? scene.with_square(path(i)) : scene.still());
  CHECK(test.events().size() == 1);
}

TEST_CASE("motion.detect: min_area is in percent of the picture") {
  // The square is 48 x 48 of 320 x 240, 3 %; its box is a little larger for the blur.
  const auto [min_area, seen] = GENERATE(table<double, bool>({{2.0, true}, {5.0, false}}));
  for (const double scale : {0.25, 0.5, 1.0}) {
    INFO(min_area << " at " << scale);
    StageTest test("motion.detect", {{"min_area", min_area}, {"scale", scale}});
    Feed cam(test, "cam");
    Scene scene(11);
    for (int i = 0; i < 20; ++i) cam.send(scene.still());
    for (int i = 0; i < 20; ++i) cam.send(scene.with_square(path(i)));
    CHECK(test.events().size() == (seen ? 1 : 0));
    CHECK(test.frames().back()->annotations.empty() != seen);
  }
}

TEST_CASE(
    "motion.detect: every format and odd sizes, the frame that goes on is the one that came") {
  const cv::Size size = GENERATE(cv::Size(320, 240), cv::Size(321, 239));
  const double scale = GENERATE(0.5, 0.37, 1.0);
  for (const Kind format : {Kind::gray8, Kind::bgr8, Kind::bgra8, Kind::yuv420}) {
    INFO(to_string(format) << " " << size.width << " at " << scale);
    StageTest test("motion.detect", {{"scale", scale}});
    Feed cam(test, "cam");
    Scene scene(13, size);
    const auto made = [&](const cv::Mat& gray) {
      cv::Mat m;
      switch (format) {
        case Kind::bgr8:
          cv::cvtColor(gray, m, cv::COLOR_GRAY2BGR);
          return Image(format, m);
        case Kind::bgra8:
          cv::cvtColor(gray, m, cv::COLOR_GRAY2BGRA);
          return Image(format, m);
        case Kind::yuv420: {
          const cv::Mat chroma((size.height + 1) / 2, (size.width + 1) / 2, CV_8UC1,
                               cv::Scalar(128));
          return Image::yuv420(gray, chroma, chroma);
        }
        default:
          return Image(format, gray);
      }
    };
    for (int i = 0; i < 15; ++i) cam.send(made(scene.still()));
    for (int i = 0; i < 20; ++i) {
      const auto in = cam.send(made(scene.with_square(path(i, size))));
      const cv::Mat before = in->image()->mat().clone();
      const auto out = test.frames().back();
      CHECK(out->kind() == format);
      CHECK(out->image()->mat().data == in->image()->mat().data);  // shared, not copied
      CHECK(cv::norm(before, out->image()->mat(), cv::NORM_INF) == 0);
      CHECK(best_iou(out, path(i, size)) > 0.6);
    }
    CHECK(names(test.events()) == std::vector<std::string>{"motion.began"});
  }
}

TEST_CASE("motion.detect: what is in a frame already stays in it") {
  StageTest test("motion.detect");
  Scene scene(17);
  Feed cam(test, "cam");
  for (int i = 0; i < 15; ++i) cam.send(scene.still());
  const Annotation other{"truth", {0.5, 0.5, 0.1, 0.1}, 0.5, "x"};
  test.send(sluice::testkit::make_frame(scene.with_square(path(20)))->annotated({other}));
  const auto& list = test.frames().back()->annotations;
  REQUIRE(list.size() == 2);
  CHECK(list[0] == other);
  CHECK(list[1].label == "motion");
}

TEST_CASE("motion.detect: sources in turn, of different sizes, don't disturb each other") {
  const std::string method = GENERATE("average", "mog2");
  StageTest test("motion.detect", with_method(method, {{"end", std::int64_t{5}}}));
  Scene yard(19), door(23, {160, 120}), hall(29, {400, 300});
  Feed a(test, "yard"), b(test, "door"), c(test, "hall");
  for (int i = 0; i < 100; ++i) {
    a.send(i >= 20 && i < 50 ? yard.with_square(path(i)) : yard.still());
    b.send(i >= 40 && i < 70 ? door.with_square(path(i, {160, 120}, 30)) : door.still());
    c.send(hall.still());
  }
  CHECK(names(test.events(), "yard") == kOnce);
  CHECK(names(test.events(), "door") == kOnce);
  CHECK(names(test.events(), "hall").empty());
  std::vector<std::string> order;
  for (const auto& e : test.events()) order.push_back(e.source);
  CHECK(order == std::vector<std::string>{"yard", "door", "yard", "door"});
}

TEST_CASE("motion.detect: another size of pictures begins anew") {
  StageTest test("motion.detect");
  Feed cam(test, "cam");
  Scene large(31), small(31, {160, 120});
  for (int i = 0; i < 15; ++i) cam.send(large.still());
  for (int i = 0; i < 10; ++i) cam.send(large.with_square(path(i)));
  for (int i = 0; i < 30; ++i) cam.send(small.still());
  REQUIRE(names(test.events()) == kOnce);
  CHECK(detail<std::string>(test.events()[1], "reason") == "resized");
  for (int i = 0; i < 10; ++i) cam.send(small.with_square(path(i, {160, 120}, 30)));
  CHECK(test.events().size() == 3);
}

TEST_CASE("motion.detect: the end of the graph ends what still moves, and only that") {
  StageTest test("motion.detect");
  Scene scene(37);
  Feed moving(test, "moving"), still(test, "still");
  for (int i = 0; i < 25; ++i) {
    moving.send(i < 15 ? scene.still() : scene.with_square(path(i)));
    still.send(scene.still());
  }
  test.finish();
  test.finish();
  REQUIRE(names(test.events()) == kOnce);
  CHECK(test.events()[1].source == "moving");
  CHECK(detail<std::string>(test.events()[1], "reason") == "finished");
}

TEST_CASE("motion.detect: a camera that falls silent while something moves is gone") {
  StageTest test("motion.detect",
                 {{"gone_after", std::string("5s")}, {"warm_up", std::int64_t{5}}});
  Scene scene(41);
  Feed cam(test, "cam"), other(test, "other");
  const auto warm = [&] {
    for (int i = 0; i < 15; ++i) cam.send(scene.still());
    for (int i = 0; i < 10; ++i) cam.send(scene.with_square(path(i)));
  };
  warm();
  other.send(scene.still());
  test.clock().advance(4900 * kMs);
  test.tick();
  CHECK(test.events().size() == 1);
  test.clock().advance(100 * kMs);
  test.tick();
  test.tick();
  REQUIRE(names(test.events()) == kOnce);
  CHECK(test.events()[1].source == "cam");
  CHECK(detail<std::string>(test.events()[1], "reason") == "gone");

  // Back before it is forgotten: the background is still known.
  test.clock().advance(40'000 * kMs);
  test.tick();
  for (int i = 0; i < 3; ++i) cam.send(scene.with_square(path(20 + i)));
  CHECK(test.events().size() == 3);

  // Forgotten: the first frames are learnt from again.
  test.clock().advance(50'000 * kMs);
  test.tick();
  CHECK(test.events().size() == 4);
  for (int i = 0; i < 5; ++i) cam.send(scene.with_square(path(20 + i)));
  CHECK(test.events().size() == 4);
}

TEST_CASE(
    "motion.detect: watches so many sources and no more, and others go on unwatched, and counted") {
  StageTest test("motion.detect",
                 {{"max_sources", std::int64_t{3}}, {"gone_after", std::string("1s")}});
  for (const auto* source : {"a", "b", "c", "d", "e", "a"}) send_plain(test, source);
  CHECK(sources_of(test) == std::vector<std::string>{"a", "b", "c", "d", "e", "a"});
  CHECK(test.figures()["frames_unwatched"]["max_sources"] == 2);
  CHECK(test.held_bytes() == 3 * kPlain);
  REQUIRE(test.log().size() == 1);  // not of each frame
  CHECK(test.log()[0].find("'d' isn't watched") != std::string::npos);
  CHECK(test.log()[0].find("max_sources") != std::string::npos);
  test.clock().advance(10'000 * kMs);
  test.tick();
  send_plain(test, "d");
  CHECK(test.figures()["frames_unwatched"]["max_sources"] == 2);
  CHECK(test.counts().failed == 0);
}

TEST_CASE("motion.detect: a source that is gone is forgotten at once, and its motion ends") {
  StageTest test("motion.detect");
  Scene scene(3);
  Feed cam(test, "cam");
  for (int i = 0; i < 20; ++i) cam.send(scene.still());
  for (int i = 0; i < 20; ++i) cam.send(scene.with_square(path(i)));
  CHECK(names(test.events()) == std::vector<std::string>{"motion.began"});
  CHECK(test.held_bytes() == 160 * 120 * 6);
  test.send_gone("cam");
  CHECK(names(test.events()) == kOnce);
  CHECK(detail<std::string>(test.events().at(1), "reason") == "gone");
  CHECK(test.held_bytes() == 0);
  test.send_gone("never here");
  test.finish();
  CHECK(test.events().size() == 2);
}

TEST_CASE("motion.detect: strangers that come and go take nobody's place") {
  StageTest test("motion.detect", {{"max_sources", std::int64_t{3}}});
  for (int i = 0; i < 1000; ++i) {
    send_plain(test, "cam");
    send_plain(test, fmt::format("stranger-{}", i));
    test.send_gone(fmt::format("stranger-{}", i));
  }
  CHECK(test.figures().empty());
  CHECK(test.held_bytes() == kPlain);
  // Those that say no goodbye give way when they have been silent for gone_after.
  send_plain(test, "stranger-a");
  send_plain(test, "stranger-b");
  test.clock().advance(5'000 * kMs);
  send_plain(test, "cam");
  send_plain(test, "new");
  CHECK(test.figures().empty());
  CHECK(test.held_bytes() == 3 * kPlain);
}

TEST_CASE("motion.detect: where memory is short, who is watched stays so, and others just go on") {
  StageTest test("motion.detect", {{"warm_up", std::int64_t{5}}});
  Scene scene(43), small(47, {32, 24});
  Feed yard(test, "yard"), hall(test, "hall"), stranger(test, "stranger");
  for (int i = 0; i < 20; ++i) {
    yard.send(scene.still());
    hall.send(scene.still());
  }
  const auto held = test.held_bytes();
  test.limit_memory(0);  // by what others hold
  for (int i = 0; i < 20; ++i) {
    const auto in = stranger.send(small.still());
    CHECK(test.frames().back() == in);
    yard.send(scene.with_square(path(i)));
    CHECK(best_iou(test.frames().back(), path(i)) > 0.6);
    hall.send(scene.still());
    test.tick();
  }
  CHECK(names(test.events(), "yard") == std::vector<std::string>{"motion.began"});
  CHECK(test.events().size() == 1);
  CHECK(test.held_bytes() == held);
  CHECK(test.counts().failed == 0);
  CHECK(test.counts().out == test.counts().in);
  CHECK(test.figures()["frames_unwatched"]["memory"] == 20);
  REQUIRE(test.log().size() == 1);
  CHECK(test.log()[0].find("32x24 pixels") != std::string::npos);
  CHECK(test.log()[0].find("raise the graph's `memory`, or lower `scale`") != std::string::npos);
  test.clock().advance(60'000 * kMs);
  stranger.send(small.still());
  CHECK(test.log().size() == 2);

  // When there is room again, it is watched.
  test.limit_memory(std::numeric_limits<std::size_t>::max());
  test.tick();
  for (int i = 0; i < 6; ++i) stranger.send(small.still());
  CHECK(test.figures()["frames_unwatched"]["memory"] == 21);
}

TEST_CASE("motion.detect: silent sources give way, longest first, and only where that suffices") {
  StageTest test("motion.detect", {{"gone_after", std::string("1s")}});
  test.limit_memory(4 * kPlain);
  for (const auto* source : {"a", "b", "c", "d"}) {
    send_plain(test, source);
    test.clock().advance(100 * kMs);
  }
  send_plain(test, "tiny");  // nobody is silent yet
  CHECK(test.figures()["frames_unwatched"]["memory"] == 1);
  test.clock().advance(1000 * kMs);
  send_plain(test, "c");
  send_plain(test, "d");
  test.tick();
  send_plain(test, "large", 2);  // takes as much as four, and only two are silent
  CHECK(test.figures()["frames_unwatched"]["memory"] == 2);
  CHECK(test.held_bytes() == 4 * kPlain);
  send_plain(test, "b");  // as before
  CHECK(test.figures()["frames_unwatched"]["memory"] == 2);
  send_plain(test, "new");  // in the place of "a"
  CHECK(test.figures()["frames_unwatched"]["memory"] == 2);
  CHECK(test.held_bytes() == 4 * kPlain);
  for (const auto* source : {"b", "c", "d", "new"}) send_plain(test, source);
  CHECK(test.figures()["frames_unwatched"]["memory"] == 2);
  send_plain(test, "a");
  CHECK(test.figures()["frames_unwatched"]["memory"] == 3);
  CHECK(test.counts().out == test.counts().in);
}

TEST_CASE("motion.detect: what it can't take fails, tiny pictures and mad times don't hurt") {
  StageTest test("motion.detect");
  test.send(std::make_shared<const sluice::Frame>(
      sluice::Frame{"cam", 0, {}, true, sluice::Encoded::from(Kind::jpeg, {0xFF, 0xD8}), {}}));
  test.send(std::make_shared<const sluice::Frame>(sluice::Frame{
      "cam", 0, {}, true, Image(Kind::array, cv::Mat(4, 4, CV_16UC1, cv::Scalar(0))), {}}));
  CHECK(test.counts().failed == 2);
  CHECK(test.log().at(0).find("jpeg came") != std::string::npos);

  for (const std::string method : {"average", "mog2"}) {
    StageTest tiny("motion.detect", with_method(method, {{"warm_up", std::int64_t{1}},
                                                         {"begin", std::int64_t{1}},
                                                         {"end", std::int64_t{1}},
                                                         {"blur", 20.0}}));
    using Limits = std::numeric_limits<std::int64_t>;
    for (int i = 0; i < 20; ++i) {
      const sluice::UtcTime mad{sluice::Duration(i % 2 ? Limits::min() : Limits::max())};
      for (const auto size : {cv::Size(1, 1), cv::Size(2, 1), cv::Size(1, 7)})
        tiny.send(sluice::testkit::make_frame(cv::Mat(size, CV_8UC1, cv::Scalar(i % 2 ? 0 : 255)),
                                              fmt::format("w{}", size.area()), 0, mad));
    }
    tiny.finish();
    CHECK(tiny.counts().out == 60);
    for (const auto& f : tiny.frames())
      for (const auto& a : f->annotations) {
        CHECK(a.box.x >= 0);
        CHECK(a.box.y >= 0);
        CHECK(a.box.width > 0);
        CHECK(a.box.height > 0);
        CHECK(a.box.x + a.box.width <= 1.0 + 1e-9);
        CHECK(a.box.y + a.box.height <= 1.0 + 1e-9);
      }
  }
}

TEST_CASE("motion.detect: finds the people of OpenCV's vtest.avi") {
  const std::string video = ::test::example_video();
  const std::string method = GENERATE("average", "mog2");
  INFO(method);
  StageTest test("motion.detect", with_method(method));
  Feed cam(test, "cam");
  cv::VideoCapture capture(video);
  REQUIRE(capture.isOpened());
  cv::Mat m;
  std::size_t annotated = 0;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(capture.read(m));
    cam.send(Image(Kind::bgr8, m.clone()));
    annotated += test.frames().back()->annotations.empty() ? 0 : 1;
  }
  CHECK(names(test.events()).at(0) == "motion.began");
  CHECK(annotated > 150);
}
