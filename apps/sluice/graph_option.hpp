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

  void add_to(CLI::App& verb);
  LoadRequest request(const std::string& graph) const;
};

// The checked graph; nothing where it has problems, which are then on standard error.
std::optional<Plan> load_or_tell(const LoadRequest& request);
std::optional<Plan> plan_or_tell(Loaded loaded);

}  // namespace sluice::app
