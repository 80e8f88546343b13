#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <opencv2/videoio.hpp>
#include <set>
#include <sluice/testkit.hpp>

#include "capture/file_video.hpp"
#include "catch.hpp"
#include "skip.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using sluice::FramePtr;
using sluice::testkit::StageTest;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "sluice-video-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Eight black or white stripes that spell a number.
cv::Mat numbered(int n) {
  cv::Mat picture = cv::Mat::zeros(48, 64, CV_8UC3);
  for (int bit = 0; bit < 8; ++bit)
    if ((n >> bit) & 1) picture.colRange(8 * bit, 8 * bit + 8).setTo(cv::Scalar::all(255));
  return picture;
}

int number_of(const FramePtr& frame) {
  int n = 0;
  for (int bit = 0; bit < 8; ++bit)
    if (cv::mean(frame->image()->mat().colRange(8 * bit + 2, 8 * bit + 6))[0] > 128) n |= 1 << bit;
  return n;
}

std::string make_video(const std::string& path, int frames, double rate = 25) {
  cv::VideoWriter writer(path, cv::CAP_OPENCV_MJPEG, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'),
                         rate, {64, 48});
  REQUIRE(writer.isOpened());
  for (int i = 0; i < frames; ++i) writer.write(numbered(i));
  return path;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::vector<int> numbers(const std::vector<FramePtr>& frames) {
  std::vector<int> list;
  for (const auto& frame : frames) list.push_back(number_of(frame));
  return list;
}

std::vector<int> counted(int from, int to) {
  std::vector<int> list;
  for (int i = from; i < to; ++i) list.push_back(i);
  return list;
}

std::string refusal(const StageTest::Parameters& parameters) {
  try {
    StageTest("capture.video", parameters).start();
  } catch (const std::exception& e) {
    return e.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("capture.video gives every frame of a file in order, and ends") {
  const Folder folder;
  StageTest test("capture.video",
                 {{"uri", make_video(folder / "yard.avi", 40)}, {"realtime", false}});
  test.run();
  const auto frames = test.frames();
  CHECK(numbers(frames) == counted(0, 40));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CHECK(frames[i]->sequence == i);
    CHECK(frames[i]->source == "yard");
    CHECK(frames[i]->kind() == sluice::Kind::bgr8);
  }
  CHECK(test.log().empty());
  CHECK(test.events().empty());
}

TEST_CASE("capture.video gives each frame memory of its own") {
  const Folder folder;
  StageTest test("capture.video", {{"uri", make_video(folder / "a.avi", 10)}, {"realtime", false}});
  test.run();
  std::set<const void*> memory;
  for (const auto& frame : test.frames()) memory.insert(frame->image()->mat().data);
  CHECK(memory.size() == 10);
}

TEST_CASE("capture.video stops after `frames`, and loops with its numbers going on") {
  const Folder folder;
  const auto path = make_video(folder / "a.avi", 10);
  StageTest some("capture.video", {{"uri", path}, {"frames", std::int64_t{4}}});
  some.run();
  CHECK(numbers(some.frames()) == counted(0, 4));

  StageTest loops(
      "capture.video",
      {{"uri", path}, {"loop", true}, {"realtime", false}, {"frames", std::int64_t{25}}});
  loops.run();
  const auto frames = loops.frames();
  REQUIRE(frames.size() == 25);
  for (std::size_t i = 0; i < 25; ++i) {
    CHECK(number_of(frames[i]) == static_cast<int>(i % 10));
    CHECK(frames[i]->sequence == i);
  }
}

TEST_CASE("capture.video repeats preloaded frames from the same memory") {
  const Folder folder;
  const auto path = make_video(folder / "a.avi", 10);
  StageTest test("capture.video", {{"uri", path},
                                   {"realtime", false},
                                   {"preload", std::int64_t{4}},
                                   {"frames", std::int64_t{15}}});
  test.start();
  fs::remove(path);  // read from here on: what was opened, once
  test.run();
  const auto frames = test.frames();
  REQUIRE(frames.size() == 15);
  for (std::size_t i = 0; i < 15; ++i) {
    CHECK(number_of(frames[i]) == static_cast<int>(i % 4));
    CHECK(frames[i]->sequence == i);
    if (i >= 4) CHECK(frames[i]->image()->mat().data == frames[i - 4]->image()->mat().data);
  }

  // Of a shorter file: what there is, told in the log. Without end, until it is stopped.
  StageTest all("capture.video", {{"uri", make_video(folder / "b.avi", 3)},
                                  {"realtime", false},
                                  {"preload", std::int64_t{50}}});
  all.run([](const StageTest& t) { return t.frames().size() == 100; });
  CHECK(number_of(all.frames().at(99)) == 0);
  CHECK(all.log().size() == 1);
}

TEST_CASE("capture.video keeps a file's own rate, and goes on at it after a stall") {
  const Folder folder;
  const auto preload = GENERATE(std::int64_t{0}, std::int64_t{20});
  StageTest test("capture.video", {{"uri", make_video(folder / "a.avi", 20, 20)},
                                   {"preload", preload},
                                   {"frames", std::int64_t{20}}});
  bool stalled = false;
  test.run([&](const StageTest& t) {
    if (t.frames().size() == 10 && !stalled) {
      stalled = true;
      test.clock().advance(1010ms);
    }
    return false;
  });
  const auto frames = test.frames();
  CHECK(numbers(frames) == counted(0, 20));  // none is lost
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const auto step = std::chrono::round<std::chrono::milliseconds>(frames[i]->captured -
                                                                    frames[i - 1]->captured);
    CHECK(step == (i == 10 ? 1010ms : i == 11 ? 40ms : 50ms));
  }
}

TEST_CASE("capture.video plays a file with an absurd rate at 25 frames a second") {
  const Folder folder;
  StageTest test("capture.video", {{"uri", make_video(folder / "a.avi", 5, 5000)}});
  test.run();
  REQUIRE(test.frames().size() == 5);
  CHECK(test.frames()[4]->captured - test.frames()[0]->captured == 160ms);
}

TEST_CASE("capture.video says why a file can't be read, and what to do") {
  const Folder folder;
  const auto missing = refusal({{"uri", folder / "none.avi"}});
  CHECK(contains(missing, "there is no file " + (folder / "none.avi")));

  CHECK(contains(refusal({{"uri", folder.path().string()}}), "is a folder"));

  write_bytes(folder / "empty.avi", "");
  CHECK(contains(refusal({{"uri", folder / "empty.avi"}}), "is empty"));

  write_bytes(folder / "noise.avi", std::string(5000, '\x5a'));
  CHECK(contains(refusal({{"uri", folder / "noise.avi"}}), "can't be opened as a video"));

  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(contains(refusal({{"uri", folder / "pipe"}}), "not a regular file"));

  CHECK(contains(refusal({{"uri", (folder / "none.avi") + "/x"}}), "there is no file"));
  CHECK(contains(refusal({{"uri", make_video(folder / "a.avi", 2) + "/x"}}), "can't look at"));
}

TEST_CASE("capture.video says that a file may not be read") {
  const Folder folder;
  const auto path = make_video(folder / "a.avi", 2);
  fs::permissions(folder.path(), fs::perms::others_exec, fs::perm_options::add);
  fs::permissions(path, fs::perms::none);
  const bool root = geteuid() == 0;
  if (root) REQUIRE(seteuid(65534) == 0);
  const auto text = refusal({{"uri", path}});
  if (root) REQUIRE(seteuid(0) == 0);
  CHECK(contains(text, "Permission denied"));
}

TEST_CASE("capture.video opens a file whose name looks like an address") {
  const Folder folder;
  make_video(folder / "plain.avi", 3);
  for (const auto* name : {"rtp:1.avi", "50%d.avi", "-i.avi", "a b\nc.avi"}) {
    fs::copy_file(folder / "plain.avi", folder / name);
    StageTest test("capture.video", {{"uri", folder / name}, {"realtime", false}});
    test.run();
    CHECK(test.frames().size() == 3);
  }
}

TEST_CASE("capture.video ends with a warning where a file is cut off") {
  const Folder folder;
  const auto whole = bytes_of(make_video(folder / "a.avi", 40));
  write_bytes(folder / "half.avi", whole.substr(0, whole.size() / 2));
  StageTest test("capture.video", {{"uri", folder / "half.avi"}, {"realtime", false}});
  test.run();
  const auto frames = test.frames();
  CHECK(frames.size() > 10);
  CHECK(frames.size() < 40);
  // The last one is cut in two, and shows what it can.
  auto read = numbers(frames);
  read.pop_back();
  CHECK(read == counted(0, static_cast<int>(read.size())));
  REQUIRE_FALSE(test.log().empty());
  CHECK(contains(test.log().back(),
                 "ended after " + std::to_string(frames.size()) + " frames of 40"));
}

TEST_CASE("capture.video passes over a broken picture, and counts it") {
  const Folder folder;
  auto bytes = bytes_of(make_video(folder / "a.avi", 40));
  std::size_t chunk = bytes.find("movi");
  for (int i = 0; i <= 10; ++i) chunk = bytes.find("00dc", chunk + 4);
  REQUIRE(chunk != std::string::npos);
  const auto end = bytes.find("00dc", chunk + 4);
  for (auto at = chunk + 8; at < end; ++at) bytes[at] = 0;
  write_bytes(folder / "b.avi", bytes);

  StageTest test("capture.video", {{"uri", folder / "b.avi"}, {"realtime", false}});
  test.run();
  auto expected = counted(0, 40);
  expected.erase(expected.begin() + 10);
  CHECK(numbers(test.frames()) == expected);
  CHECK(test.frames().back()->sequence == 38);
  CHECK(test.counts().failed == 1);
}

TEST_CASE("capture.video survives files with bytes changed at random") {
  const Folder folder;
  const auto whole = bytes_of(make_video(folder / "a.avi", 12));
  cv::RNG rng(4);
  for (int round = 0; round < 60; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 1 << (round % 8); ++i)
      bytes[static_cast<std::size_t>(rng.uniform(0, static_cast<int>(bytes.size())))] =
          static_cast<char>(rng.uniform(0, 256));
    write_bytes(folder / "b.avi", bytes);
    StageTest test("capture.video", {{"uri", folder / "b.avi"}, {"realtime", false}});
    try {
      test.run();
    } catch (const std::runtime_error& e) {  // a file that isn't a video any more
      CHECK(contains(e.what(), "can't be opened as a video"));
    }
    CHECK(test.frames().size() <= 13);
  }
}

TEST_CASE("capture.video refuses devices that are not there or are no cameras") {
  const auto missing = refusal({{"uri", "/dev/video977"}});
  CHECK(contains(missing, "there is no camera at /dev/video977"));
  CHECK(contains(refusal({{"uri", "977"}}), "there is no camera at /dev/video977"));
  CHECK(contains(refusal({{"uri", "/dev/null"}}), "/dev/null is not a camera"));
  CHECK(contains(refusal({{"uri", "/dev/shm"}}), "is not a device"));
}

TEST_CASE("capture.video says who may open a device") {
  const bool root = geteuid() == 0;
  const char* device = "/dev/kmsg";  // root's, on every Linux; permissions are looked at first
  struct stat status {};
  if (stat(device, &status) != 0 || (status.st_mode & 0006) == 0006)
    test::skip("there is no /dev/kmsg that only root may open");
  if (root) REQUIRE(seteuid(65534) == 0);
  const auto text = refusal({{"uri", device}});
  if (root) REQUIRE(seteuid(0) == 0);
  CHECK(contains(text, "no permission to open /dev/kmsg, which "));
}

TEST_CASE("capture.video refuses parameters that mean nothing for what it reads") {
  const Folder folder;
  const auto path = make_video(folder / "a.avi", 2);
  CHECK(contains(refusal({{"uri", path}, {"width", std::int64_t{640}}}), "'width' is for devices"));
  CHECK(contains(refusal({{"uri", path}, {"rate", 5.0}}), "'rate' is for devices"));
  CHECK(contains(refusal({{"uri", "http://127.0.0.1/"}, {"loop", true}}), "'loop' is for files"));
  CHECK(contains(refusal({{"uri", "/dev/video977"}, {"preload", std::int64_t{1}}}),
                 "'preload' is for files"));
  CHECK(contains(refusal({{"uri", path}, {"source", "a b"}}), "a b"));
  CHECK(contains(refusal({{"uri", "gopher://host/"}}), "gopher"));
  CHECK(contains(refusal({{"uri", "/dev/video977"}, {"rate", 0.1}}), "give at least \"20s\""));
  CHECK_THROWS_AS(StageTest("capture.video", {{"read_limit", "100ms"}}), std::invalid_argument);
}

TEST_CASE("capture.video reads all of OpenCV's example video") {
  sluice::capture::FileVideo video(test::example_video().string());
  int frames = 0;
  for (cv::Mat picture; !(picture = video.read()).empty(); ++frames)
    CHECK(picture.size() == cv::Size(768, 576));
  CHECK(frames == 795);
  CHECK_FALSE(video.cut_off());
  CHECK(video.broken() == 0);
}
