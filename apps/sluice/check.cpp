// sluice check: is this graph right?

#include <fmt/format.h>

#include "graph_option.hpp"
#include "verbs.hpp"

namespace sluice::app {

Verb add_check(CLI::App& app) {
  struct Options : GraphOptions {
    std::vector<std::string> graphs;
  };
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("check", "Checks graphs without starting anything");
  verb->add_option("GRAPH", options->graphs, "names or files")->required();
  options->add_to(*verb);
  return [options] {
    int status = kDone;
    for (const auto& graph : options->graphs) {
      if (const auto plan = load_or_tell(options->request(graph)))
        fmt::print("{}: good, {} stages\n", graph, plan->stages.size());
      else
        status = kWrong;
    }
    return status;
  };
}

}  // namespace sluice::app
