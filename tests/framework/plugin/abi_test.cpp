// The public headers' code and the ABI's number change together: a plugin that was built with other
// headers must be told from one that fits.

#include <cctype>
#include <cstdint>
#include <sluice/plugin/abi.hpp>
#include <sstream>

#include "catch.hpp"
#include "process.hpp"

namespace {

// Without comments and white space.
std::string code_of(const std::string& header) {
  std::string code;
  std::istringstream text(
      test::read_text(std::string(SLUICE_SOURCE_DIR "/framework/sluice/") + header));
  for (std::string line; std::getline(text, line);)
    for (const char c : line.substr(0, line.find("//")))
      if (std::isspace(static_cast<unsigned char>(c)) == 0) code += c;
  return code;
}

// FNV-1a.
std::uint64_t checksum(const std::string& text) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

}  // namespace

TEST_CASE("the public headers are those that the ABI's number stands for") {
  const auto page = test::read_text(SLUICE_SOURCE_DIR "/docs/authors.md");
  std::istringstream lines(page.substr(page.find("\n## Public headers")));
  std::string code;
  int headers = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| `", 0) != 0 || line.find("testkit.hpp") != std::string::npos) continue;
    const auto header = code_of(line.substr(3, line.find('`', 3) - 3));
    CHECK_FALSE(header.empty());
    code += header;
    ++headers;
  }
  CHECK(headers >= 10);

  // Where this fails, look at what was changed. If a plugin built before it would no longer fit,
  // raise SLUICE_ABI_VERSION; in any case write down here what the checksum is now.
  constexpr int kNumber = 4;
  constexpr std::uint64_t kChecksum = 0x41783e9c3ea23324;
  CHECK(SLUICE_ABI_VERSION == kNumber);
  CHECK(checksum(code) == kChecksum);
}
