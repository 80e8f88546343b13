// What fuzzing begins with and what it has found, again and again.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "catch.hpp"
#include "target.hpp"

namespace fs = std::filesystem;

namespace {

// The files of a target's corpus, by name.
std::vector<fs::path> corpus(const std::string& target) {
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(SLUICE_SOURCE_DIR "/tests/fuzz/corpus/" + target))
    files.push_back(file.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::uint8_t> content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("each file of each target's corpus holds what must hold") {
  REQUIRE_FALSE(fuzz::targets().empty());
  for (const auto& [name, one_input] : fuzz::targets()) {
    const auto files = corpus(name);
    CHECK_FALSE(files.empty());
    CHECK(files.size() <= 60);
    for (const auto& file : files) {
      INFO(file);
      const auto bytes = content(file);
      CHECK(bytes.size() <= 4096);
      CHECK_NOTHROW(one_input(bytes));
    }
  }
}

TEST_CASE("each folder of the corpus has a target") {
  for (const auto& folder : fs::directory_iterator(SLUICE_SOURCE_DIR "/tests/fuzz/corpus")) {
    INFO(folder.path());
    CHECK(fuzz::targets().count(folder.path().filename().string()) == 1);
  }
}
