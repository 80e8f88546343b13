#include "transport/base64.hpp"

#include <numeric>
#include <vector>

#include "catch.hpp"

using namespace sluice;

// RFC 4648, section 10.
TEST_CASE("base64: the standard's own examples") {
  const std::vector<std::pair<std::string, std::string>> cases{{"", ""},
                                                               {"f", "Zg=="},
                                                               {"fo", "Zm8="},
                                                               {"foo", "Zm9v"},
                                                               {"foob", "Zm9vYg=="},
                                                               {"fooba", "Zm9vYmE="},
                                                               {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : cases)
    CHECK(base64_of({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}) == text);
}

TEST_CASE("base64: every digit, and bytes above 127") {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const auto text = base64_of(bytes);
  CHECK(text.size() == 344);
  for (const char digit :
       std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
    CHECK(text.find(digit) != std::string::npos);
  CHECK(text.ends_with("/P3+/w=="));
}
