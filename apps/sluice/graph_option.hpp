// GRAPH, --device and --set, as several verbs take them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <sluice/graph/load.hpp>
#include <string>
#include <vector>

namespace sluice::app {

struct GraphOptions {
  std::string device;
  std::vector<std::string> sets;
  bool with_plugins = true;  // whoever runs a graph runs what came with it

  void add_to(CLI::App& verb);
  // For verbs that only look at a graph: --with-plugins, and without it nobody's code is run.
  void add_with_plugins_to(CLI::App& verb);
  LoadRequest request(const std::string& graph) const;
};

// The checked graph; nothing where it has problems. These and warnings are on standard error then.
std::optional<Plan> load_or_tell(const LoadRequest& request);
std::optional<Plan> plan_or_tell(Loaded loaded);

}  // namespace sluice::app
