#include "schema_help.hpp"

#include <sluice/graph/load.hpp>
#include <sstream>

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"

namespace test {

std::string printed_schema() {
  Process schema(sluice({"schema"}));
  REQUIRE(schema.wait() == 0);
  return schema.out();
}

std::vector<Objections> objections(const std::vector<Graph>& graphs) {
  const auto python = need_file("/usr/bin/python3", "python3");
  need_file("/usr/lib/python3/dist-packages/jsonschema", "python3-jsonschema");
  const Folder folder;
  auto texts = nlohmann::json::array();
  for (const auto& graph : graphs) texts.push_back(graph.text);
  const auto file = folder.write(
      "texts.json", texts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  Process process({python, SLUICE_SOURCE_DIR "/tests/schema/validate.py",
                   folder.write("schema.json", printed_schema()), file});
  const auto status = process.wait(std::chrono::minutes(3));
  INFO(process.err());
  REQUIRE(status == 0);

  std::vector<Objections> all;
  std::istringstream lines(process.out());
  for (std::string line; std::getline(lines, line);) {
    const auto said = nlohmann::json::parse(line);
    all.push_back(said.is_null() ? Objections() : said.get<std::vector<std::string>>());
  }
  REQUIRE(all.size() == graphs.size());
  return all;
}

std::vector<std::string> problem_codes(const Graph& graph) {
  auto request = ::sluice::default_request(graph.name);
  request.device = "of-no-graph";
  request.variable = [](const std::string& name) {
    return name == "HOSTNAME" || name == "HOME" ? std::optional<std::string>("x") : std::nullopt;
  };
  const auto loaded = ::sluice::load_graph_text(graph.text, request);
  CHECK(loaded.plan.has_value() == loaded.problems.empty());
  std::vector<std::string> codes;
  for (const auto& problem : loaded.problems) codes.push_back(problem.code);
  return codes;
}

}  // namespace test
