// The schema and the check have the same verdicts, but for what only the check can say.

#include <algorithm>
#include <regex>
#include <sluice/graph/stage_type.hpp>
#include <sluice/graph/units.hpp>

#include "catch.hpp"
#include "pages.hpp"
#include "process.hpp"
#include "schema_help.hpp"

using namespace sluice;
namespace fs = std::filesystem;
using test::Graph;

namespace {

std::vector<Graph> graphs_in(const std::string& folder) {
  std::vector<Graph> graphs;
  for (const auto& entry : fs::directory_iterator(fs::path(SLUICE_SOURCE_DIR) / folder))
    graphs.push_back({entry.path().string(), test::read_text(entry.path())});
  std::sort(graphs.begin(), graphs.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return graphs;
}

// The code that a graph's first line expects: "# bad-name: why".
std::string expected_code(const Graph& graph) {
  REQUIRE(graph.text.substr(0, 2) == "# ");
  return graph.text.substr(2, graph.text.find_first_of(":\n") - 2);
}

bool has(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

TEST_CASE("the schema is one, and goes to a file or to standard output") {
  const test::Folder folder;
  const auto file = (folder.path() / "sluice.schema.json").string();
  test::Process process(test::sluice({"schema", "-o", file}));
  REQUIRE(process.wait() == 0);
  CHECK(process.out().empty());
  CHECK(test::read_text(file) == test::printed_schema());
  const auto said = test::objections({{"empty.toml", ""}});
  REQUIRE(said.front());
  CHECK_FALSE(said.front()->empty());
}

TEST_CASE("what is good for the check is good for the schema") {
  auto graphs = graphs_in("tests/schema/good");
  REQUIRE(graphs.size() >= 5);
  for (auto& graph : graphs_in("configs")) graphs.push_back(std::move(graph));
  for (const auto* type : StageTypes::all().sorted()) graphs.push_back({type->name, type->example});
  for (const char* page :
       {"README.md", "docs/graph-file.md", "docs/security.md", "docs/cameras.md"})
    for (auto& text : test::graphs_on(page)) graphs.push_back({page, std::move(text)});
  const auto said = test::objections(graphs);
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    INFO(graphs[i].name);
    CHECK(said[i] == std::vector<std::string>());
    CHECK(test::problem_codes(graphs[i]) == std::vector<std::string>());
  }
}

TEST_CASE("what is broken is so for both") {
  const auto graphs = graphs_in("tests/schema/broken");
  REQUIRE(graphs.size() >= 50);
  const auto said = test::objections(graphs);
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    INFO(graphs[i].name);
    REQUIRE(said[i]);
    CHECK_FALSE(said[i]->empty());
    const auto codes = test::problem_codes(graphs[i]);
    CAPTURE(codes);
    CHECK(has(codes, expected_code(graphs[i])));
  }
}

TEST_CASE("what is beyond a schema is refused by the check alone") {
  const auto graphs = graphs_in("tests/schema/beyond");
  REQUIRE(graphs.size() >= 20);
  const auto said = test::objections(graphs);
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    INFO(graphs[i].name);
    CHECK(said[i] == std::vector<std::string>());
    CHECK(test::problem_codes(graphs[i]) == std::vector{expected_code(graphs[i])});
  }
}

TEST_CASE("the schema refuses nothing that the check takes, whatever fuzzing has found") {
  const auto graphs = graphs_in("tests/fuzz/corpus/graph");
  const auto said = test::objections(graphs);
  int refused = 0;
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    if (!said[i] || said[i]->empty()) continue;
    INFO(graphs[i].name);
    CHECK_FALSE(test::problem_codes(graphs[i]).empty());
    ++refused;
  }
  CHECK(refused >= 5);
}

TEST_CASE("the patterns of durations and sizes match what is parsed") {
  const std::regex duration(duration_pattern(), std::regex::ECMAScript);
  const std::regex size(size_pattern(), std::regex::ECMAScript);
  int durations = 0;
  int sizes = 0;
  for (const char* number :
       {"",   "0",  "5", "-5", "-0",    "+5",  "0.0", ".0",  "-.0", "00",  "2.5",
        ".5", "5.", ".", "-.", "1.2.3", "1e3", "1_0", "0x1", "inf", "nan", " 5"})
    for (const char* space : {"", " ", "   ", "\t"})
      for (const char* unit : {"",   "ns", "us",  "ms",  "s",   "m",   "h", "B",  "kB",  "KB",
                               "MB", "GB", "KiB", "MiB", "GiB", "Mib", "S", "s ", "sec", "x"}) {
        const auto text = std::string(number) + space + unit;
        INFO(text);
        const bool is_duration = parse_duration(text).has_value();
        const bool is_size = parse_size(text).has_value();
        CHECK(std::regex_search(text, duration) == is_duration);
        CHECK(std::regex_search(text, size) == is_size);
        durations += is_duration ? 1 : 0;
        sizes += is_size ? 1 : 0;
      }
  CHECK(durations > 50);
  CHECK(sizes > 50);
}
