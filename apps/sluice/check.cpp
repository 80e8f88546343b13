// sluice check: is this graph right?

#include <fmt/format.h>

#include "graph_option.hpp"
#include "time/child.hpp"
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
  options->add_with_plugins_to(*verb);
  return [options] {
    int status = kDone;
    // Each in a process of its own: a graph has none of the plugins that others name.
    Children children;
    for (const auto& graph : options->graphs) {
      const auto stages = children.run([&] {
        const auto plan = load_or_tell(options->request(graph));
        return plan ? Json(plan->stages.size()) : Json();
      });
      if (stages && !stages->is_null())
        fmt::print("{}: good, {} stages\n", graph, stages->get<std::size_t>());
      else
        status = kWrong;
    }
    return status;
  };
}

}  // namespace sluice::app
