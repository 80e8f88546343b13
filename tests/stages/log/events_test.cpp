#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace sluice;
using testkit::StageTest;

namespace {

std::vector<nlohmann::json> lines_of(const std::string& file) {
  std::vector<nlohmann::json> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

struct TemporaryFile {
  std::string path =
      (std::filesystem::temp_directory_path() / ("sluice-events-" + std::to_string(getpid())))
          .string();
  ~TemporaryFile() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("log.events writes one event a line, at once, and appends") {
  const TemporaryFile file;
  {
    StageTest test("log.events", {{"file", file.path}});
    test.send(Event{"motion.began", "porch", {{"boxes", std::int64_t{2}}}});
    REQUIRE(lines_of(file.path).size() == 1);  // while it runs
    test.send(Event{"motion.ended", "porch", {{"note", "two\nlines"}}});
  }
  {
    StageTest test("log.events", {{"file", file.path}});
    test.send(Event{"again", ""});
  }
  const auto lines = lines_of(file.path);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["event"] == "motion.began");
  CHECK(lines[0]["source"] == "porch");
  CHECK(lines[0]["boxes"] == 2);
  CHECK(lines[1]["note"] == "two\nlines");
  {
    StageTest test("log.events", {{"file", file.path}, {"append", false}});
    test.send(Event{"first", ""});
  }
  CHECK(lines_of(file.path).size() == 1);
}

TEST_CASE("log.events says what is wrong with its file") {
  StageTest nowhere("log.events", {{"file", "/no/such/folder/events"}});
  CHECK_THROWS_WITH(
      nowhere.start(),
      "cannot open /no/such/folder/events: No such file or directory; is there such a "
      "folder, and may you write there?");
  StageTest full("log.events", {{"file", "/dev/full"}});
  CHECK_THROWS_WITH(
      full.send(Event{"lost", ""}),
      "cannot write to /dev/full: No space left on device; is the disk full, or has the "
      "reader gone?");
}
