// Text from outside, made fit for a terminal and for a line of JSON.

#include <nlohmann/json.hpp>
#include <sluice/graph/utf8.hpp>

#include "catch.hpp"

using namespace sluice;

namespace {

// What a terminal obeys, what changes the order of a text, and what nobody sees.
const std::vector<std::string> kHidden{
    "\u001b", "\u007f",     "\u0085",     "\u00ad",     "\u061c",    "\u180e", "\u200b",
    "\u200d", "\u200e",     "\u200f",     "\u2028",     "\u2029",    "\u202a", "\u202e",
    "\u2060", "\u2066",     "\u2069",     "\u3164",     "\ufe0f",    "\ufeff", "\ufff9",
    "\ufffb", "\U000e0001", "\U000e0041", "\U000e007f", "\U000e0100"};
const std::vector<std::string> kSeen{"a", " ", "~",      "ü",      "語",
                                     "ي", "№", "\u200a", "\u2010", "\U0001f3a5"};

}  // namespace

TEST_CASE("what steers, reorders or hides is written out, and all else stays") {
  for (const auto& text : kHidden) {
    const auto shown = utf8::escaped("a" + text + "b");
    INFO(shown);
    CHECK(shown.find(text) == std::string::npos);
    CHECK(shown.substr(0, 3) == (text.size() == 4 ? "a\\U" : "a\\u"));
    CHECK(shown.back() == 'b');
  }
  for (const auto& text : kSeen) CHECK(utf8::escaped(text) == text);
  CHECK(utf8::escaped("a\tb\r\n") == "a\\tb\\r\\n");
  CHECK(utf8::escaped("a\tb\r\n", true) == "a\tb\\r\\n");
}

TEST_CASE("a line of JSON means the same when what hides in it is written out") {
  std::string all;
  for (const auto& text : kHidden) all += text + "-";
  for (const auto& text : kSeen) all += text;
  const nlohmann::json object{{all, all}};
  const auto line = utf8::escaped_json(object.dump());
  for (const auto& text : kHidden) CHECK(line.find(text) == std::string::npos);
  CHECK(nlohmann::json::parse(line) == object);
}
