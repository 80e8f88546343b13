// Needs Xvfb (package xvfb) for a screen, xdotool to press keys, xwininfo (package x11-utils) to
// read titles; without them those tests are skipped. The screen's pixels are read from
// the file that Xvfb keeps them in.

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sluice/testkit.hpp>
#include <sstream>

#include "catch.hpp"
#include "skip.hpp"
#if __has_include(<xcb/xcb.h>)
#include <dlfcn.h>
#include <xcb/xcb.h>
#define HAVE_XCB 1
#endif

#ifdef __SANITIZE_ADDRESS__
// Qt asks the desktop's message bus for its settings, and leaves that be at the end.
extern "C" const char* __lsan_default_suppressions() { return "leak:libdbus-1.so"; }
#endif

using namespace sluice;
using namespace sluice::testkit;
namespace fs = std::filesystem;

namespace {

// Starts `command` as a child that ends with this process. Its standard output is `out`, if any.
pid_t spawn(const std::vector<std::string>& command, int out = -1) {
  std::vector<char*> words;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (out >= 0) dup2(out, STDOUT_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDERR_FILENO);
  if (out < 0) dup2(nowhere, STDOUT_FILENO);
  execvp(words[0], words.data());
  _exit(127);
}

// A screen without a monitor. Not ended before the process: Qt can't do without the server it first
// connected to.
struct VirtualScreen {
  explicit VirtualScreen(std::vector<std::string> more = {}) {
    std::string name = (fs::temp_directory_path() / "sluice-screen-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    folder = name;
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    std::vector<std::string> command{"Xvfb",     "-displayfd", "1",   "-screen", "0", "800x600x24",
                                     "-noreset", "-nolisten",  "tcp", "-fbdir",  name};
    command.insert(command.end(), more.begin(), more.end());
    child = spawn(command, pipe_ends[1]);
    close(pipe_ends[1]);
    std::string number;
    char c;
    pollfd p{pipe_ends[0], POLLIN, 0};
    while (poll(&p, 1, 10'000) > 0 && read(pipe_ends[0], &c, 1) == 1 && c != '\n') number += c;
    close(pipe_ends[0]);
    if (!number.empty()) display = ":" + number;
  }
  ~VirtualScreen() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  // How many pixels of the screen have this colour, about. See XWDFile.h: a header of big-endian
  // 32-bit words, then the colour map, then the pixels.
  int pixels(int red, int green, int blue) const {
    std::ifstream file(folder / "Xvfb_screen0", std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    const std::string data = text.str();
    const auto word = [&](std::size_t i) {
      std::uint32_t value;
      std::memcpy(&value, data.data() + 4 * i, 4);
      return std::size_t{ntohl(value)};
    };
    const std::size_t begin = word(0) + 12 * word(19), height = word(5), step = word(12);
    const auto near = [](unsigned char is, int should) { return std::abs(is - should) < 16; };
    int count = 0;
    for (std::size_t i = begin; i + 3 < std::min(data.size(), begin + height * step); i += 4) {
      const auto* p = reinterpret_cast<const unsigned char*>(data.data()) + i;
      if (near(p[0], blue) && near(p[1], green) && near(p[2], red)) ++count;
    }
    return count;
  }

  fs::path folder;
  pid_t child = -1;
  std::string display;  // empty: there is no Xvfb
};

// The screen that all tests of this process share, in the environment.
VirtualScreen& screen() {
  static VirtualScreen shared;
  if (shared.display.empty()) ::test::skip("Xvfb is not installed (package xvfb)");
  unsetenv("QT_QPA_PLATFORM");
  setenv("DISPLAY", shared.display.c_str(), 1);
  return shared;
}

bool xdotool(std::vector<std::string> words) {
  words.insert(words.begin(), "xdotool");
  const pid_t child = spawn(words);
  int status = 1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
void need_xdotool() {
  if (!xdotool({"version"})) ::test::skip("xdotool is not installed (package xdotool)");
}

// The windows on the screen, as xwininfo lists them: "     0x400006 "title": ...".
std::string windows() {
  std::string text;
  FILE* pipe = popen("xwininfo -root -tree 2>/dev/null", "r");
  char some[4096];
  while (pipe && fgets(some, sizeof some, pipe)) text += some;
  if (pipe) pclose(pipe);
  return text;
}

void need_xwininfo() {
  if (windows().empty()) ::test::skip("xwininfo is not installed (package x11-utils)");
}

#ifdef HAVE_XCB
// What a window manager does when its cross is clicked.
void close_window(const std::string& title) {
  const auto list = windows();
  const auto at = list.find(" \"" + title + "\"");
  REQUIRE(at != std::string::npos);
  void* library = dlopen("libxcb.so.1", RTLD_NOW);
  REQUIRE(library);
  const auto line = list.rfind('\n', at) + 1;
  const auto id = static_cast<xcb_window_t>(std::stoul(list.substr(line, at - line), nullptr, 16));
  const auto function = [library]<class F>(F*, const char* name) {
    return reinterpret_cast<F*>(dlsym(library, name));
  };
#define XCB(name) function(static_cast<decltype(name)*>(nullptr), #name)
  auto* c = XCB(xcb_connect)(nullptr, nullptr);
  const auto atom = [&](std::string_view name) {
    const auto cookie =
        XCB(xcb_intern_atom)(c, 0, static_cast<std::uint16_t>(name.size()), name.data());
    auto* reply = XCB(xcb_intern_atom_reply)(c, cookie, nullptr);
    const auto value = reply->atom;
    free(reply);
    return value;
  };
  xcb_client_message_event_t event{};
  event.response_type = XCB_CLIENT_MESSAGE;
  event.format = 32;
  event.window = id;
  event.type = atom("WM_PROTOCOLS");
  event.data.data32[0] = atom("WM_DELETE_WINDOW");
  XCB(xcb_send_event)(c, 0, id, XCB_EVENT_MASK_NO_EVENT, reinterpret_cast<const char*>(&event));
  atom("WM_PROTOCOLS");  // once there is an answer, what was asked before has been done, too
  XCB(xcb_disconnect)(c);
  dlclose(library);
#undef XCB
}
#endif

FramePtr plain(cv::Scalar bgr, std::string source) {
  return make_frame(cv::Mat(240, 320, CV_8UC3, bgr), std::move(source));
}

std::string refusal(StageTest& test) {
  try {
    test.start();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "it started";
}
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("display.window says so where there is no display, instead of ending the process") {
  unsetenv("QT_QPA_PLATFORM");
  const auto start = [](const char* display, const char* wayland = nullptr) {
    display ? setenv("DISPLAY", display, 1) : unsetenv("DISPLAY");
    wayland ? setenv("WAYLAND_DISPLAY", wayland, 1) : unsetenv("WAYLAND_DISPLAY");
    StageTest test("display.window");
    return refusal(test);
  };
  CHECK(has(start(nullptr), "there is no display (DISPLAY is not set)"));
  CHECK(has(start(nullptr), "display.web"));
  CHECK(has(start(nullptr, "wayland-0"), "QT_QPA_PLATFORM=wayland"));
  CHECK(has(start(":59123"), "no X server answers on /tmp/.X11-unix/X59123"));
  CHECK(has(start("127.0.0.1:59000.0"), "no X server answers on 127.0.0.1, port 65000"));
  for (const auto* bad : {"nonsense", ":", ":x", ":-1", ":99999999", "a:b:c"})
    CHECK(has(start(bad), "is not the name of an X display"));
  unsetenv("WAYLAND_DISPLAY");
}

TEST_CASE("display.window says so where the X server wants a key that we don't have") {
  screen();  // skips this test where there is none
  // Xauthority's format: family, address, number, name and data, each with its length before it.
  const auto folder = fs::temp_directory_path() / ("sluice-auth-" + std::to_string(getpid()));
  fs::create_directory(folder);
  std::ofstream(folder / "auth", std::ios::binary) << std::string(
      "\xff\xff\0\0\0\0\0\x12MIT-MAGIC-COOKIE-1\0\x10"
      "0123456789abcdef",
      44);
  const VirtualScreen locked({"-auth", (folder / "auth").string()});
  REQUIRE_FALSE(locked.display.empty());
  setenv("DISPLAY", locked.display.c_str(), 1);
  setenv("XAUTHORITY", "/nonexistent", 1);
  {
    StageTest shut("display.window");
    CHECK(has(refusal(shut), "lets us not in"));
    setenv("XAUTHORITY", (folder / "auth").c_str(), 1);
    StageTest open("display.window");
    CHECK(refusal(open) == "it started");
  }
  unsetenv("XAUTHORITY");
  kill(locked.child, SIGTERM);
  waitpid(locked.child, nullptr, 0);
  fs::remove_all(folder);
}

TEST_CASE("display.window refuses a montage that is no grid") {
  for (const auto* bad : {"2", "x", "2x", "x2", "0x2", "2x17", "2x2x2", "2 x 2", "-1x2", "Auto"}) {
    StageTest test("display.window", {{"montage", std::string(bad)}});
    CHECK(has(refusal(test), "is not a grid"));
  }
}

TEST_CASE("display.window shows each source in a window of its own") {
  auto& x = screen();
  StageTest test("display.window", {{"active", std::string("10s")}});
  test.queue(plain({0, 0, 255}, "red"));
  test.run_in_thread();
  CHECK(test.eventually([&] { return x.pixels(255, 0, 0) > 320 * 240 / 2; }));
  test.queue(plain({0, 255, 0}, "red"));
  CHECK(test.eventually([&] { return x.pixels(0, 255, 0) > 320 * 240 / 2; }));
  CHECK(x.pixels(255, 0, 0) == 0);
  test.queue(make_frame(cv::Mat(240, 320, CV_8UC4, cv::Scalar(200, 120, 40, 0)), "other"));
  CHECK(test.eventually([&] { return x.pixels(40, 120, 200) > 320 * 240 / 2; }));

  StageTest second("display.window");
  CHECK(has(refusal(second), "there is a display.window in this graph already"));
  test.stop();
  CHECK(test.counts().in == test.counts().out);
  CHECK(test.events().empty());
}

TEST_CASE("display.window says in a window's title whose it is, and whether it is silent") {
  screen();
  need_xwininfo();
  StageTest test("display.window", {{"active", std::string("10s")}});
  test.queue(plain({0, 0, 255}, "red"));
  test.queue(plain({200, 120, 40}, "other"));
  test.run_in_thread();
  CHECK(test.eventually([] { return has(windows(), "\"red\""); }));
  CHECK(test.eventually([] { return has(windows(), "\"other\""); }));
  test.clock().advance(std::chrono::seconds(11));
  CHECK(test.eventually([] { return has(windows(), "\"red (silent)\""); }));
  test.queue(plain({0, 255, 0}, "red"));
  CHECK(test.eventually([] { return has(windows(), "\"red\""); }));
  CHECK(has(windows(), "\"other (silent)\""));
  test.stop();
}

TEST_CASE("display.window can be started again, and ends when its inputs do") {
  auto& x = screen();
  for (int i = 0; i < 3; ++i) {
    StageTest test("display.window");
    test.queue(plain({255, 0, 255}, "again"));
    test.run_in_thread();
    CHECK(test.eventually([&] { return x.pixels(255, 0, 255) > 1000; }));
    test.end_inputs();
    test.stop();
    CHECK(test.counts().out == 1);
  }
  // Its windows are gone with it.
  CHECK(StageTest("sink.discard").eventually([&] { return x.pixels(255, 0, 255) == 0; }));
}

TEST_CASE("display.window shows a montage, its boxes, and who is silent") {
  auto& x = screen();
  StageTest test("display.window",
                 {{"montage", std::string("2x1")}, {"tile_width", std::int64_t{300}}});
  test.run_in_thread();
  const Box all{.x = 0.25, .y = 0.25, .width = 0.5, .height = 0.5};
  test.queue(plain({0, 0, 255}, "a")->annotated({{"motion", all, 1, ""}}));
  test.queue(plain({255, 0, 0}, "b"));
  test.queue(plain({0, 255, 0}, "c"));
  CHECK(test.eventually([&] {
    return x.pixels(255, 0, 0) > 10000 && x.pixels(0, 0, 255) > 10000 &&
           x.pixels(255, 186, 72) > 100;  // motion's colour
  }));
  CHECK(x.pixels(0, 255, 0) == 0);  // on the next page
  test.stop();
}

TEST_CASE(
    "display.window lets go of a montage's tiles where the graph keeps too much, once they are "
    "gone") {
  screen();
  StageTest test("display.window",
                 {{"montage", std::string("2x1")}, {"tile_width", std::int64_t{300}}});
  test.run_in_thread();
  const auto holds = [&](std::size_t tiles) {
    return test.eventually([&] {
      // With a tile of 300 x 225 for each source, and a canvas of two and what is around them.
      test.queue(plain({0, 0, 255}, "a"));
      const auto bytes = test.held_bytes();
      return bytes >= (tiles + 2) * 300 * 225 * 3 && bytes < (tiles + 3) * 300 * 225 * 3;
    });
  };
  for (const auto* source : {"a", "b", "c"}) test.queue(plain({0, 0, 255}, source));
  CHECK(holds(3));
  test.queue_gone("b");
  CHECK(holds(3));
  test.limit_memory(0);
  CHECK(holds(2));
  CHECK(test.counts().dropped.empty());
  test.stop();
}

TEST_CASE("the space bar shows the next page of a montage, until its sources are gone") {
  auto& x = screen();
  need_xdotool();
  StageTest test("display.window",
                 {{"montage", std::string("2x1")}, {"tile_width", std::int64_t{300}}});
  test.run_in_thread();
  for (const auto* source : {"a", "b"}) test.queue(plain({0, 0, 255}, source));
  test.queue(plain({0, 255, 0}, "c"));
  CHECK(test.eventually([&] { return x.pixels(255, 0, 0) > 10000; }));
  CHECK(x.pixels(0, 255, 0) == 0);
  CHECK(xdotool({"search", "--name", "^sluice$", "windowfocus", "--sync", "key", "space"}));
  CHECK(test.eventually([&] { return x.pixels(0, 255, 0) > 10000; }));
  test.clock().advance(std::chrono::seconds(30));
  CHECK(test.eventually([&] { return x.pixels(0, 255, 0) == 0; }));
  test.stop();
}

// `end` does what should end the stage whose window has this title.
void ends_by(const std::function<void(const std::string& window)>& end, const std::string& name) {
  // Another name and colour each time: the last window may still be there for a moment.
  static int green = 40;
  green += 60;
  StageTest test("display.window");
  test.run_in_thread();
  test.queue(plain({0, 1.0 * green, 255}, name));
  REQUIRE(test.eventually([&] { return screen().pixels(255, green, 0) > 1000; }));
  CHECK(test.events().empty());
  end(name);
  REQUIRE(test.eventually([&] { return test.events().size() == 1; }));
  CHECK(test.events().at(0).name == "window.closed");
  test.stop();
}

TEST_CASE("q or Escape ends display.window") {
  screen();
  need_xdotool();
  for (const std::string key : {"q", "Escape"})
    ends_by(
        [&](const std::string& window) {
          CHECK(xdotool(
              {"search", "--name", "^" + window + "$", "windowfocus", "--sync", "key", key}));
        },
        "cam-" + key);
}

TEST_CASE("closing its window ends display.window") {
#ifdef HAVE_XCB
  screen();
  need_xwininfo();
  ends_by(close_window, "cam-closed");
#else
  ::test::skip("built without libxcb1-dev");
#endif
}
