// The page about the graph file shows graphs that are right.

#include <fstream>

#include "graph_fixture.hpp"

using namespace graph_fixture;

TEST_CASE("The graphs on the page about the graph file are right but for types not built in here") {
  std::ifstream page(SLUICE_SOURCE_DIR "/docs/graph-file.md");
  REQUIRE(page);
  std::string graph;
  bool inside = false;
  int graphs = 0;
  for (std::string line; std::getline(page, line);) {
    if (inside && line == "```") {
      auto r = request();
      r.device = "pi-garage";
      r.variable = default_request("page").variable;
      const auto loaded = load_graph_text(graph, r);
      INFO(graph << all_texts(loaded));
      for (const auto& p : loaded.problems) CHECK(p.code == "unknown-type");
      ++graphs;
      graph.clear();
      inside = false;
    } else if (inside) {
      graph += line + "\n";
    } else {
      inside = line == "```toml";
    }
  }
  CHECK(graphs >= 1);
}
