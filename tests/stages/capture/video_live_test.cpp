// capture.video and network cameras, by real sockets and real time.

#include <algorithm>
#include <filesystem>
#include <set>
#include <sluice/testkit.hpp>

#include "capture/backoff.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "mjpeg_server.hpp"

using namespace std::chrono_literals;
using sluice::testkit::MjpegServer;
using sluice::testkit::StageTest;
using Script = MjpegServer::Script;
using Then = Script::Then;

namespace {

// By their numbers and not by how many they are: a thread that was joined stays in /proc for a
// moment while the kernel tidies up, and one from before may be among those counted first and gone
// when counted again.
std::set<std::string> threads() {
  std::set<std::string> numbers;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    numbers.insert(entry.path().filename());
  return numbers;
}
bool no_thread_but(const std::set<std::string>& before) {
  return test::eventually([&] { return std::ranges::includes(before, threads()); });
}
std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

StageTest::Parameters parameters(const std::string& uri) {
  return {{"uri", uri}, {"open_limit", "1s"}, {"read_limit", "500ms"}};
}

std::vector<std::string> names(const StageTest& test) {
  std::vector<std::string> list;
  for (const auto& event : test.events()) list.push_back(event.name);
  return list;
}

const auto& real_time = sluice::Clock::system();

}  // namespace

TEST_CASE("capture.video gives a network camera's pictures, in order") {
  MjpegServer camera({Script{.then = Then::goes_on}});
  const auto before = threads();
  {
    StageTest test("capture.video", parameters(camera.url()), &real_time);
    test.run_in_thread();
    REQUIRE(test.eventually([&] { return test.frames().size() >= 40; }));
    test.stop();
    const auto frames = test.frames();
    for (std::size_t i = 0; i < frames.size(); ++i) {
      CHECK(frames[i]->sequence == i);
      CHECK(frames[i]->source == "camera");
      const double mean = cv::mean(frames[i]->image()->mat())[0];
      CHECK(mean == Approx(MjpegServer::shade(static_cast<int>(i))).margin(3));
      if (i > 0) CHECK(frames[i]->captured >= frames[i - 1]->captured);
    }
    CHECK(test.events().empty());
  }
  CHECK(no_thread_but(before));
}

TEST_CASE("capture.video ends after `frames` of a network camera") {
  MjpegServer camera({Script{.then = Then::goes_on}});
  auto p = parameters(camera.url());
  p.push_back({"frames", std::int64_t{7}});
  StageTest test("capture.video", p, &real_time);
  test.run();
  CHECK(test.frames().size() == 7);
}

TEST_CASE("capture.video notices that a camera stalls or hangs up, and comes back to it") {
  const auto then = GENERATE(Then::stalls, Then::closes);
  MjpegServer camera({Script{.pictures = 60, .then = then}, Script{.then = Then::goes_on}});
  const auto threads_before = threads();
  const auto files_before = open_files();
  {
    StageTest test("capture.video", parameters(camera.url()), &real_time);
    test.run_in_thread();
    REQUIRE(test.eventually([&] { return names(test).size() == 2; }));
    CHECK(names(test) == std::vector<std::string>{"source.lost", "source.back"});
    CHECK(test.events()[0].source == "camera");
    const auto lost = test.events()[0].details.at(0);
    CHECK(lost.first == "reason");
    CHECK(std::get<std::string>(lost.second) ==
          (then == Then::stalls ? "no picture for 500ms" : "the stream ended"));
    const auto so_far = test.frames().size();
    CHECK(so_far >= 50);
    REQUIRE(test.eventually([&] { return test.frames().size() > so_far + 10; }));
    test.stop();
    const auto frames = test.frames();
    for (std::size_t i = 0; i < frames.size(); ++i) CHECK(frames[i]->sequence == i);
    CHECK(camera.accepted() == 2);
  }
  CHECK(no_thread_but(threads_before));
  // The server's own files.
  CHECK(test::eventually([&] { return camera.open_connections() == 0; }));
  CHECK(open_files() == files_before);
}

TEST_CASE("capture.video passes over a network camera's broken picture, and counts it") {
  MjpegServer camera({Script{.then = Then::goes_on, .broken = 30}});
  StageTest test("capture.video", parameters(camera.url()), &real_time);
  test.run_in_thread();
  REQUIRE(test.eventually([&] { return test.frames().size() >= 60; }));
  test.stop();
  CHECK(test.counts().failed == 1);
  CHECK(test.events().empty());
  CHECK(camera.accepted() == 1);
}

TEST_CASE("capture.video keeps trying a camera that never answers, and lets nothing behind") {
  MjpegServer camera({Script{.answers = false}});
  const auto before = threads();
  {
    StageTest test("capture.video", parameters(camera.url()), &real_time);
    test.run_in_thread();
    REQUIRE(test.eventually([&] { return camera.accepted() >= 3; }));
    test.stop();
    CHECK(test.frames().empty());
    CHECK(names(test) == std::vector<std::string>{"source.lost"});
    CHECK(std::get<std::string>(test.events()[0].details.at(0).second) ==
          "doesn't answer within 1s");
    CHECK(test.log().size() == 1);
  }
  CHECK(no_thread_but(before));
}

#ifndef __SANITIZE_THREAD__  // under which a reader can't be cut, see own_files.cpp

TEST_CASE("capture.video stops at once while it hangs, whatever the limits are") {
  // The limits are a minute: a stop that awaited them would take far longer than is allowed here.
  const auto scheme = GENERATE(std::string("http"), std::string("https"), std::string("rtsp"),
                               std::string("rtmp"), std::string("http, and gives pictures first"));
  const bool answers = scheme.size() > 5;
  MjpegServer camera({Script{.answers = answers, .pictures = 60}});
  const auto before = threads();
  {
    StageTest test("capture.video",
                   {{"uri", scheme.substr(0, scheme.find(',')) + "://" + camera.host() + "/1"},
                    {"open_limit", "60s"},
                    {"read_limit", "60s"}},
                   &real_time);
    test.run_in_thread();
    REQUIRE(test.eventually(
        [&] { return answers ? test.frames().size() >= 55 : camera.accepted() == 1; }));
    const auto begin = real_time.steady();
    test.stop();
    CHECK(real_time.steady() - begin < 20s);
    CHECK(test.events().empty());
  }
  CHECK(no_thread_but(before));
}

#endif

TEST_CASE(
    "capture.video's hanging camera keeps no other from being opened for longer than its limit") {
  MjpegServer hangs({Script{.answers = false}});
  MjpegServer works({Script{.then = Then::goes_on}});
  StageTest first("capture.video", parameters(hangs.url()), &real_time);
  first.run_in_thread();
  REQUIRE(first.eventually([&] { return hangs.accepted() >= 1; }));
  StageTest second("capture.video", parameters(works.url()), &real_time);
  second.run_in_thread();
  CHECK(second.eventually([&] { return second.frames().size() >= 10; }));
  CHECK(second.events().empty());  // waiting for its turn is not held against it
  first.stop();
  second.stop();
}

TEST_CASE("capture.video waits for a camera that isn't there, and says so now and then") {
  std::string nobody;
  {
    MjpegServer gone({Script{}});
    nobody = "http://me:secret@" + gone.host() + "/video?pwd=secret";
  }
  const auto before = threads();
  // The fake clock's waiting takes no time, so ten minutes of trying are over soon.
  StageTest test("capture.video", parameters(nobody));
  test.run([&](const StageTest&) { return test.clock().steady().time_since_epoch() > 10min; });
  CHECK(names(test) == std::vector<std::string>{"source.lost"});
  CHECK(test.frames().empty());
  const auto log = test.log();
  CHECK(log.size() >= 9);
  CHECK(log.size() <= 11);
  for (const auto& line : log) {
    CHECK(line.find("secret") == std::string::npos);
    CHECK(line.find("127.0.0.1") != std::string::npos);
  }
  CHECK(no_thread_but(before));
}

TEST_CASE("capture.video waits for a name that nobody knows, and stops at once while it asks") {
  StageTest test("capture.video",
                 {{"uri", "rtsp://me:secret@camera.invalid/1"}, {"open_limit", "60s"}}, &real_time);
  test.run_in_thread();
  std::this_thread::sleep_for(50ms);  // into the question; no claim hangs on it
  const auto begin = real_time.steady();
  test.stop();
  CHECK(real_time.steady() - begin < 20s);
  CHECK(test.frames().empty());
}

TEST_CASE("a backoff doubles from half a second to ten, and differs between cameras") {
  sluice::capture::Backoff one(1), again(1), other(2);
  auto most = 500ms;
  bool differs = false;
  for (int i = 0; i < 10; ++i) {
    const auto wait = one.next();
    CHECK(wait <= most);
    CHECK(wait >= most * 3 / 4);
    CHECK(again.next() == wait);
    differs = differs || other.next() != wait;
    most = std::min<std::chrono::milliseconds>(most * 2, 10s);
  }
  CHECK(differs);
  one.reset();
  CHECK(one.next() <= 500ms);
}
