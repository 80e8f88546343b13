// A plugin's ABI tag, read from files that are what they should be and from others.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <sluice/plugin/abi.hpp>
#include <sluice/plugin/abi_of.hpp>
#include <sluice/plugin/error.hpp>

#include "catch.hpp"
#include "plugins.hpp"

using namespace sluice;

namespace {

// What is read, or "" where it is refused. Anything else than these two fails the test.
std::string tag_or_none(const std::string& file) {
  try {
    const auto tags = abi_of(file);
    REQUIRE_FALSE(tags.empty());
    return tags.front();
  } catch (const PluginError& e) {
    CHECK(std::string(e.what()).find(file) != std::string::npos);
    return {};
  }
}

}  // namespace

TEST_CASE("a plugin's ABI tag is this build's, once for all its stage types") {
  const test::PluginFolder folder;
  CHECK(abi_of(folder.add("good")) == std::vector<std::string>{SLUICE_ABI});
  CHECK(abi_of(folder.add("taken")) == std::vector<std::string>{SLUICE_ABI});
  CHECK(abi_of(folder.add("foreign")).front().find("Sluice 999, ") == 0);
}

TEST_CASE("what is no plugin has no ABI tag") {
  const test::PluginFolder folder;
  for (const auto& file :
       {folder.add("stranger"), folder.write("text", "plugins = []"), folder.write("empty", ""),
        folder.path().string(), std::string("/dev/null"), std::string("/no/such/file")})
    CHECK(tag_or_none(file) == "");
}

TEST_CASE("a plugin's file that was cut off anywhere is refused or read") {
  const test::PluginFolder folder;
  const auto file = folder.add("good");
  const auto whole = static_cast<off_t>(std::filesystem::file_size(file));
  int refused = 0;
  for (int cut = 1; cut <= 300; ++cut) {
    REQUIRE(truncate(file.c_str(), whole - whole * cut / 300) == 0);
    refused += tag_or_none(file).empty() ? 1 : 0;
  }
  CHECK(refused > 290);  // its list of sections is at its end
}

TEST_CASE("a plugin's file with wrong bytes in what is read of it is refused or read") {
  const test::PluginFolder folder;
  const auto file = folder.add("good");
  const auto size = static_cast<off_t>(std::filesystem::file_size(file));
  const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(fd >= 0);
  std::mt19937 random(1);
  const auto any = [&](off_t least, off_t most) {
    return std::uniform_int_distribution<off_t>(least, most)(random);
  };
  // The header, or the list of sections, which is last.
  const off_t list = std::min<off_t>(size, 2000);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    const off_t at = i % 2 == 0 ? any(0, 63) : any(size - list, size - 1);
    char right = 0;
    const char wrong = i % 3 == 0 ? '\xFF' : static_cast<char>(any(0, 255));
    REQUIRE(pread(fd, &right, 1, at) == 1);
    REQUIRE(pwrite(fd, &wrong, 1, at) == 1);
    refused += tag_or_none(file).empty() ? 1 : 0;
    REQUIRE(pwrite(fd, &right, 1, at) == 1);
  }
  close(fd);
  CHECK(refused > 100);
  CHECK(tag_or_none(file) == SLUICE_ABI);
}
