#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sluice/testkit.hpp>
#include <sstream>

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

  StageTest full("log.events", {{"file", std::string("/dev/full")}});
  full.start();
  const auto why = refusal([&] { full.send(began("a")); });
  CHECK(has(why, "cannot write to '/dev/full'"));
  CHECK(has(why, "No space left"));
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

    // There is an end to it: a megabyte.
    const auto why = refusal([&] {
      for (int i = 0; i < 20000; ++i) test.send(began("cam"));
    });
    CHECK(has(why, "takes nothing"));
  }
  StageTest test("log.events", {{"file", fifo}});
  test.start();
  close(reader);
  CHECK(has(refusal([&] { test.send(began("cam")); }), "Broken pipe"));
}
