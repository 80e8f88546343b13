// What is written down is true: shipped graphs and every stage type's example pass the check, and
// every stage type says what it is.

#include <iterator>
#include <sluice/graph/load.hpp>
#include <sstream>

#include "catch.hpp"
#include "pages.hpp"
#include "process.hpp"

using namespace sluice;

TEST_CASE("every shipped graph passes the check") {
  int graphs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SLUICE_SOURCE_DIR "/configs")) {
    if (entry.path().extension() != ".toml") continue;
    ++graphs;
    test::Process check(test::sluice({"check", entry.path().string()}));
    CHECK(check.wait() == 0);
    INFO(check.err());
    CHECK(check.err().empty());
  }
  CHECK(graphs >= 3);
}

TEST_CASE("every graph in the documents passes the check") {
  for (const char* file : {"README.md", "docs/graph-file.md", "docs/security.md", "docs/cameras.md",
                           "docs/dashboard.md", "docs/authors-python.md"}) {
    const auto graphs = test::graphs_on(file);
    for (const auto& graph : graphs) {
      auto request = default_request(file);
      request.device = "pi-garage";
      request.variable = [from_here = request.variable](const std::string& name) {
        return name == "SLUICE_TOKEN" ? std::optional<std::string>(std::string(32, 'f'))
                                      : from_here(name);
      };
      const auto loaded = load_graph_text(graph, request);
      for (const auto& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
      CHECK(loaded.plan);
    }
    INFO(file);
    CHECK_FALSE(graphs.empty());
  }
}

TEST_CASE("the README shows a Pi's graph as it is shipped") {
  const auto pi = test::read_text(SLUICE_SOURCE_DIR "/configs/pi.toml");
  const auto begin = pi.find("[stage.camera]");
  const auto end = pi.find("\n# One machine's own settings");
  REQUIRE(begin < end);
  REQUIRE(end < pi.size());
  CHECK(test::read_text(SLUICE_SOURCE_DIR "/README.md")
            .find("```toml\n" + pi.substr(begin, end - begin) + "```") != std::string::npos);
}

TEST_CASE("every command in docs/timing.md is one, and what it sets is there") {
  const auto text = test::read_text(SLUICE_SOURCE_DIR "/docs/timing.md");
  int commands = 0;
  for (auto at = text.find("\nsluice time "); at != std::string::npos;
       at = text.find("\nsluice time ", at + 1)) {
    std::istringstream line(text.substr(at + 8, text.find('\n', at + 1) - at - 8));
    std::vector<std::string> arguments{std::istream_iterator<std::string>(line), {}};
    // One mistake keeps it from running. It is the only one.
    arguments.insert(arguments.end(), {"--set", "stage.no-such.key=1"});
    test::Process process(test::sluice(arguments));
    CHECK(process.wait() == 2);
    const auto said = process.err();
    INFO(said);
    CHECK(said.find("the graph has no stage 'no-such'") != std::string::npos);
    CHECK(said.find("error:") == said.rfind("error:"));
    ++commands;
  }
  CHECK(commands >= 4);
}

TEST_CASE("every stage type's example passes the check and uses the type") {
  const auto types = StageTypes::all().sorted();
  CHECK(types.size() >= 10);
  for (const auto* type : types) {
    INFO(type->name);
    CHECK_FALSE(type->summary.empty());
    REQUIRE_FALSE(type->example.empty());
    const auto loaded = load_graph_text(type->example, default_request("example"));
    for (const auto& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
    REQUIRE(loaded.plan);
    bool used = false;
    for (const auto& stage : loaded.plan->stages) used = used || stage.type == type;
    CHECK(used);
    for (const auto& parameter : type->parameters) {
      INFO(parameter.name);
      CHECK_FALSE(parameter.help.empty());
    }
  }
}

TEST_CASE("sluice stages shows each type's page") {
  test::Process list(test::sluice({"stages"}));
  REQUIRE(list.wait() == 0);
  for (const auto* type : StageTypes::all().sorted()) {
    CHECK(list.out().find(type->name) != std::string::npos);
    test::Process page(test::sluice({"stages", type->name}));
    CHECK(page.wait() == 0);
    CHECK(page.out().find(type->summary) != std::string::npos);
    for (const auto& parameter : type->parameters)
      CHECK(page.out().find("\n  " + parameter.name + " = ") != std::string::npos);
  }
  test::Process json(test::sluice({"stages", "--json"}));
  REQUIRE(json.wait() == 0);
  CHECK(nlohmann::json::parse(json.out()).size() == StageTypes::all().sorted().size());
}
