// Whatever the text: a plan or problems, and never a crash.

#include <fmt/format.h>

#include <random>

#include "graph_fixture.hpp"

using namespace graph_fixture;

namespace {

const std::string kGood = R"(name = "good"
drain = "3s"
mailbox = { capacity = 4, when_full = "latest", max_age = "1s" }

[stage.camera]
type = "loadtest.source"
source = "${HUB:-cam}"   # a comment
width = 640
files = ["a", 'b', """c"""]
[stage.jpeg]
type = "loadtest.encode"
from = ["camera"]
quality = 70
restart = { on = "failure", at_most = 5, within = "60s" }
[stage.motion]
type = "loadtest.motion"
from = "camera"
[stage.record]
type = "loadtest.record"
from = { pictures = "jpeg", masks = "motion.mask", trigger = "motion.events" }
mailbox.max_bytes = "8MiB"
[stage.log]
type = "loadtest.log"
[device.here.stage.camera]
width = 320
[device.other.stage."camera"]
rate = 1e1
)";

// Either, and never both or neither; and the problems can be shown.
bool sane(const Loaded& loaded) {
  if (loaded.plan.has_value() != loaded.problems.empty()) return false;
  for (const auto& p : loaded.problems)
    if (p.code.empty() || p.message.empty() || to_text(p).empty()) return false;
  return true;
}

std::string mutated(std::mt19937& random) {
  const auto below = [&](std::size_t n) { return random() % (n == 0 ? 1 : n); };
  static const std::vector<std::string> pieces{"\"",
                                               "'",
                                               "\"\"\"",
                                               "[",
                                               "]",
                                               "[[",
                                               "]]",
                                               "{",
                                               "}",
                                               "=",
                                               ".",
                                               ",",
                                               "\n",
                                               "#",
                                               "${",
                                               "$${",
                                               "}",
                                               "\\",
                                               "stage",
                                               "from",
                                               "type",
                                               "device",
                                               "include",
                                               "mailbox",
                                               "camera",
                                               "jpeg",
                                               "-",
                                               "0x",
                                               "1e999",
                                               "9223372036854775807",
                                               "nan",
                                               "inf",
                                               "true",
                                               "1979-05-27T07:32:00Z",
                                               "\xff",
                                               "\xc3",
                                               "\xe2\x82\xac",
                                               std::string(1, '\0'),
                                               "\r",
                                               "\t",
                                               "\x1b",
                                               "\\u0000",
                                               "\\U0010FFFF"};
  std::string text = kGood;
  const auto times = 1 + below(6);
  for (std::size_t i = 0; i < times; ++i) {
    const auto at = below(text.size());
    const auto count = below(below(4) == 0 ? 80 : 4);
    switch (below(6)) {
      case 0:
        text.erase(at, count);
        break;
      case 1:
        text.insert(at, pieces[below(pieces.size())]);
        break;
      case 2:
        text[at] = static_cast<char>(below(256));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), count));
        break;
      case 4:
        text.resize(at);
        break;
      default:
        text.replace(at, count, pieces[below(pieces.size())]);
        break;
    }
    if (text.empty()) break;
  }
  return text;
}

std::string repeated(const std::string& piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("The graph that the noise is made of is good") { CHECK(plan(kGood).stages.size() == 5); }

TEST_CASE("Thousands of small changes to a good graph give a plan or problems") {
  std::mt19937 random(20260131);
  int plans = 0;
  int checked = 0;  // past the parser, into the check
  for (int i = 0; i < 6000; ++i) {
    const auto text = mutated(random);
    const auto loaded = load_graph_text(text, request());
    INFO("change " << i << ":\n" << text << "\n" << all_texts(loaded));
    REQUIRE(sane(loaded));
    if (loaded.plan)
      ++plans;
    else if (loaded.problems.front().code != "syntax" && loaded.problems.front().code != "not-text")
      ++checked;
  }
  CHECK(plans > 100);
  CHECK(checked > 100);
}

TEST_CASE("Noise in settings gives a plan or problems") {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string set = "stage.camera.width=64";
    for (int n = 0; n < 4; ++n) {
      const auto at = random() % (set.size() + 1);
      static constexpr std::string_view kSigns = "=.\"'[]{}#\\\n ${}5a\xff,";
      set.insert(at, 1, kSigns[random() % kSigns.size()]);
    }
    const auto loaded = load_graph_text(kGood, request({set, set.substr(set.size() / 2)}));
    INFO(set << "\n" << all_texts(loaded));
    REQUIRE(sane(loaded));
  }
}

TEST_CASE("Random bytes, and too many of them, give problems") {
  std::mt19937 random(3);
  std::string noise;
  for (int i = 0; i < 200'000; ++i) noise += static_cast<char>(random() & 0xff);
  CHECK(problem(noise).code == "not-text");
  for (auto& c : noise) c = static_cast<char>(0x20 + (static_cast<unsigned char>(c) % 0x5f));
  CHECK(sane(load_graph_text(noise, request())));
  CHECK(problem(repeated(noise, 50)).code == "too-large");
}

TEST_CASE("Nothing that is deep, long or many is the end of it") {
  const auto check = [](const std::string& text) {
    const auto loaded = load_graph_text(text, request());
    CHECK(sane(loaded));
    CHECK_FALSE(loaded.plan);
  };
  check("a = " + repeated("[", 1'000'000));
  check("a = " + repeated("{a=", 300'000));
  check(repeated("a.", 500'000) + "a = 1");
  check("[" + repeated("a.", 500'000) + "a]");
  check("[" + repeated("\"a\" . ", 100'000) + "a]");
  check("[[" + repeated("a.", 500'000) + "a]]");
  check("a = { " + repeated("a.", 500'000) + "a = 1 }");
  // As deep as allowed, in all ways at once.
  check(repeated("a.", 23) + "a = " + repeated("{ " + repeated("a.", 23) + "a = ", 24) + "1" +
        repeated(" }", 24));
  check("a = \"" + repeated("${", 400'000) + "\"");
  check("[stage.c]\ntype = \"loadtest.source\"\nsource = \"" + repeated("${A:-", 200'000) + "\"");
  check("stage = { a = {" + repeated("x = 1, ", 1) + "} }");
  std::string keys = "[stage.camera]\ntype = \"loadtest.source\"\n";
  for (int i = 0; i < 60'000; ++i) keys += fmt::format("k{}=1\n", i);
  check(keys);
  std::string one_line = "stage = { camera = { type = \"loadtest.source\"";
  for (int i = 0; i < 60'000; ++i) one_line += fmt::format(",k{}=1", i);
  check(one_line + " } }");
  check("[stage.end]\ntype = \"loadtest.sink\"\nfrom = [" + repeated("\"nobody\",", 100'000) +
        "]\n");
  check(repeated("\n", 1'000'000));
}

TEST_CASE("A graph of two thousand stages is checked, and a circle of them too") {
  std::string text;
  for (int i = 0; i < 1998; ++i)
    text += "[stage.s" + std::to_string(i) + "]\ntype = \"loadtest.same\"\nfrom = \"s" +
            std::to_string(i + 1) + "\"\n";
  const auto chain = text + "[stage.s1998]\ntype = \"loadtest.source\"\n";
  CHECK(plan(chain).stages.size() == 1999);
  const auto circle = text + "[stage.s1998]\ntype = \"loadtest.same\"\nfrom = \"s0\"\n";
  CHECK(problem(circle).code == "cycle");
}

TEST_CASE("Texts outside ASCII may follow numbers, signs and names that begin with one") {
  for (const std::string lines :
       {"source = \"\xc3\xa9\"", "rate = 5 # '\xc3\xa9'\nsource = '\xc3\xa9'",
        "rate = 5\nsource='\xc3\xa9'", "files = ['1\xc3\xa9', \"-\xc3\xa9\",'\xc3\xa9']",
        "source = \"\"\"1\n\xc3\xa9\"\"\""}) {
    INFO(lines);
    plan("[stage.1cam]\ntype = \"loadtest.source\"\n" + lines + "\n");
  }
}
