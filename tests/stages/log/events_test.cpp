#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sluice/testkit.hpp>
#include <sstream>
#include <thread>

#include "catch.hpp"

using namespace sluice;
using namespace sluice::testkit;
namespace fs = std::filesystem;

namespace {

// A folder of the test's own, removed at its end.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "sluice-events-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string file(const char* name = "events.jsonl") const { return (path / name).string(); }
  fs::path path;
};

std::string contents(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Event began(std::string source) {
  Event event{.name = "motion.began", .source = std::move(source), .details = {{"share", 0.25}}};
  event.stage = "motion";
  event.time = FakeClock().utc();
  return event;
}

std::string refusal(const std::function<void()>& what) {
  try {
    what();
  } catch (const std::exception& e) {
    return e.what();
  }
  return {};
}
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

template <class T>
T detail_of(const Event& event, std::string_view name) {
  for (const auto& [key, value] : event.details)
    if (key == name) return std::get<T>(value);
  FAIL("no detail " << name);
  return {};
}

// While it is there, no file of this process grows beyond so many bytes: as on a full disk.
struct Room {
  explicit Room(std::size_t bytes) {
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit limit{bytes, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~Room() { setrlimit(RLIMIT_FSIZE, &before); }
  rlimit before{};
};

}  // namespace

TEST_CASE("log.events writes each event as a line of JSON, at once") {
  const Folder folder;
  StageTest test("log.events", {{"file", folder.file()}});
  test.send(began("cam1"));
  REQUIRE(lines(contents(folder.file())).size() == 1);  // while the stage goes on
  test.send(began("a\nb\"\xff"));
  const auto written = lines(contents(folder.file()));
  REQUIRE(written.size() == 2);
  const auto first = nlohmann::json::parse(written[0]);
  CHECK(first["time"] == "2026-01-01T00:00:00.000Z");
  CHECK(first["event"] == "motion.began");
  CHECK(first["source"] == "cam1");
  CHECK(first["stage"] == "motion");
  CHECK(first["share"] == 0.25);
  CHECK(nlohmann::json::accept(written[1]));
  CHECK(written[0] == to_json(began("cam1")));
}

TEST_CASE("log.events appends, or begins anew, as it is told") {
  const Folder folder;
  const auto run = [&](bool append, const char* source) {
    StageTest test("log.events", {{"file", folder.file()}, {"append", append}});
    test.send(began(source));
  };
  run(true, "a");
  run(true, "b");
  CHECK(lines(contents(folder.file())).size() == 2);
  run(false, "c");
  CHECK(contents(folder.file()) == to_json(began("c")) + "\n");
}

TEST_CASE("log.events ends half a line that a former run left") {
  const Folder folder;
  std::ofstream(folder.file()) << "{\"time\":\"20";
  StageTest test("log.events", {{"file", folder.file()}});
  test.send(began("a"));
  CHECK(contents(folder.file()) == "{\"time\":\"20\n" + to_json(began("a")) + "\n");
}

TEST_CASE("log.events says where it can't write") {
  const Folder folder;
  const auto start = [](const std::string& file) {
    return refusal([&] { StageTest("log.events", {{"file", file}}).start(); });
  };
  const auto missing = start(folder.file("no/such/folder.log"));
  CHECK(has(missing, "no/such/folder.log"));
  CHECK(has(missing, "No such file or directory; make its folder first"));
  CHECK(has(start(folder.path.string()), "Is a directory"));
  CHECK(has(start(""), "No such file"));
  REQUIRE(mkfifo(folder.file("fifo").c_str(), 0600) == 0);
  CHECK(has(start(folder.file("fifo")), "cannot open"));  // nobody reads it: no hang
}

TEST_CASE("log.events doesn't wait for a reader that has stopped, and loses nothing meanwhile") {
  const Folder folder;
  const auto fifo = folder.file("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  std::string got;
  const auto drain = [&] {
    char some[65536];
    ssize_t n;
    while ((n = read(reader, some, sizeof some)) > 0) got.append(some, static_cast<std::size_t>(n));
  };
  {
    StageTest test("log.events", {{"file", fifo}});
    std::string sent;
    for (int i = 0; i < 2000; ++i) {  // more than a pipe holds
      test.send(began("cam" + std::to_string(i)));
      sent += to_json(began("cam" + std::to_string(i))) + "\n";
    }
    for (int i = 0; i < 100 && got.size() < sent.size(); ++i) {
      drain();
      test.tick();
    }
    test.finish();
    drain();
    CHECK(got == sent);

    // There is an end to what waits, a megabyte; and what is lost is counted.
    got.clear();
    for (int i = 0; i < 20000; ++i) test.send(began("cam"));
    REQUIRE(test.events().size() == 1);
    CHECK(test.events()[0].name == "log.stopped");
    const auto lost = static_cast<std::size_t>(test.figures()["events_lost"]["'" + fifo + "'"]);
    CHECK(lost > 0);
    for (int i = 0; i < 1000 && test.events().size() < 2; ++i) {
      drain();
      test.tick();
    }
    drain();
    REQUIRE(test.events().size() == 2);
    CHECK(test.events()[1].name == "log.resumed");
    CHECK(detail_of<std::int64_t>(test.events()[1], "events_lost") ==
          static_cast<std::int64_t>(lost));
    CHECK(has(test.log().back(), std::to_string(lost) + " events were lost"));
    CHECK(lines(got).size() + lost == 20000);
  }
}

TEST_CASE("log.events outlives a reader that goes away, and says so once") {
  const Folder folder;
  const auto fifo = folder.file("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  int reader = open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  StageTest test("log.events", {{"file", fifo}});
  test.start();
  close(reader);
  for (int i = 0; i < 100; ++i) test.send(began("cam"));
  for (int i = 0; i < 10; ++i) test.tick();
  REQUIRE(test.events().size() == 1);
  CHECK(test.events()[0].name == "log.stopped");
  CHECK(detail_of<std::string>(test.events()[0], "reason") ==
        "Broken pipe; its reader has closed it");
  REQUIRE(test.log().size() == 1);
  CHECK(test.log()[0] == "cannot write to '" + fifo +
                             "': Broken pipe; its reader has closed it; buffering events, retrying "
                             "every second");

  reader = open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  test.tick();
  REQUIRE(test.events().size() == 2);
  CHECK(test.events()[1].name == "log.resumed");
  CHECK(detail_of<std::int64_t>(test.events()[1], "events_lost") == 0);
  char some[65536];
  const auto n = read(reader, some, sizeof some);
  close(reader);
  REQUIRE(n > 0);
  CHECK(lines(std::string(some, static_cast<std::size_t>(n))).size() == 100);
}

TEST_CASE(
    "log.events on a full disk: only whole lines, nothing lost that can wait, and it goes on") {
  std::signal(SIGXFSZ, SIG_IGN);  // as the program does
  for (const bool append : {true, false}) {
    const Folder folder;
    std::string sent;
    StageTest test("log.events", {{"file", folder.file()}, {"append", append}});
    const auto send = [&](int i) {
      test.send(began("cam" + std::to_string(i)));
      sent += to_json(began("cam" + std::to_string(i))) + "\n";
    };
    for (int i = 0; i < 5; ++i) send(i);
    const auto before = contents(folder.file());
    {
      // Room for two lines and a half.
      const Room room(before.size() + before.size() / 2);
      for (int i = 5; i < 20; ++i) send(i);
      test.tick();
      CHECK(contents(folder.file()) == sent.substr(0, before.size() / 5 * 7));
      REQUIRE(test.events().size() == 1);
      CHECK(test.events()[0].name == "log.stopped");
    }
    {
      // A little more, but not for a line.
      const Room room(contents(folder.file()).size() + 10);
      for (int i = 0; i < 3; ++i) test.tick();
      CHECK(contents(folder.file()) == sent.substr(0, before.size() / 5 * 7));
      CHECK(test.events().size() == 1);
    }
    test.tick();
    REQUIRE(test.events().size() == 2);
    CHECK(test.events()[1].name == "log.resumed");
    CHECK(contents(folder.file()) == sent);
    send(20);
    CHECK(contents(folder.file()) == sent);
    CHECK(test.figures().empty());
  }
}

TEST_CASE("log.events waits for a slow reader at the end, but for a second in all") {
  const Folder folder;
  const auto fifo = folder.file("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  StageTest test("log.events", {{"file", fifo}});
  std::size_t sent = 0;
  for (int i = 0; i < 5000; ++i) {  // several times what a pipe holds, and less than may wait
    test.send(began("cam"));
    sent += to_json(began("cam")).size() + 1;
  }
  // Takes a write's worth each 0.4 s of the stage's clock, as soon as there is so much.
  std::atomic<bool> over{false};
  std::size_t got = 0;
  std::thread slow([&] {
    char some[4096];
    while (!over) {
      test.clock().advance(std::chrono::milliseconds(400));
      const auto n = read(reader, some, sizeof some);
      if (n > 0) got += static_cast<std::size_t>(n);
    }
  });
  test.finish();
  over = true;
  slow.join();
  char some[65536];
  for (ssize_t n; (n = read(reader, some, sizeof some)) > 0;) got += static_cast<std::size_t>(n);
  close(reader);
  CHECK(got < sent);
  CHECK(test.figures()["events_lost"]["'" + fifo + "'"] > 0);
  CHECK(has(test.log().back(), "events were never logged"));
}

TEST_CASE("log.events counts what is in no log at the end") {
  StageTest test("log.events", {{"file", std::string("/dev/full")}});
  for (int i = 0; i < 7; ++i) test.send(began("cam"));
  REQUIRE(test.events().size() == 1);
  CHECK(has(detail_of<std::string>(test.events()[0], "reason"),
            "No space left on device; make room"));
  test.finish();
  CHECK(test.figures()["events_lost"]["'/dev/full'"] == 7);
  CHECK(test.log().back() == "'/dev/full' could not be written; 7 events were never logged");
}

TEST_CASE("log.events makes a file that only its user and group can read") {
  const Folder folder;
  const mode_t before = umask(0);
  StageTest test("log.events", {{"file", folder.file()}});
  test.start();
  umask(before);
  struct stat status {};
  REQUIRE(stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("log.events writes no characters that steer a terminal or hide in a text") {
  const Folder folder;
  StageTest test("log.events", {{"file", folder.file()}});
  auto event = began("cam");
  event.details.emplace_back("reason", "exe.\u202egpj\u009b2J");
  test.send(event);
  const auto written = contents(folder.file());
  CHECK(has(written, "exe.\\u202egpj\\u009b2J"));
  CHECK(nlohmann::json::parse(written)["reason"] == "exe.\u202egpj\u009b2J");
}
