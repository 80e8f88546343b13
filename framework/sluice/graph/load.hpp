// From a graph file to a checked Plan, or to the list of all that is wrong with it. Starts nothing,
// but loads the plugins that the graph names, so that their types can be looked up: those that are
// installed, and others where the request says so.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <sluice/graph/plan.hpp>
#include <sluice/graph/problem.hpp>
#include <sluice/plugin/find.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct LoadRequest {
  std::string graph;              // a name, looked for as NAME.toml in `folders`, or a path
  std::string device;             // whose [device.NAME] overlay applies
  std::vector<std::string> sets;  // "stage.jpeg.quality=70", in order
  std::vector<std::filesystem::path> folders;
  std::function<std::optional<std::string>(const std::string&)> variable;  // for ${VAR}
  PluginFolders plugin_folders;
  bool with_plugins = false;  // those too that the graph names by their paths: their code is run
};

// A request as the command line means it: the environment's variables (HOSTNAME falls back to the
// host's name), the folders ./configs, ~/.config/sluice and /etc/sluice, those of plugins, the host
// name as device.
LoadRequest default_request(std::string graph);

struct Loaded {
  std::optional<Plan> plan;                  // there if and only if there are no problems
  std::vector<Problem> problems;             // by file and place
  std::vector<Problem> warnings;             // likewise; of a plan
  std::vector<std::filesystem::path> files;  // what was read, the graph file first
};

Loaded load_graph(const LoadRequest& request);

// The same from a text, for tests and examples; `request.graph` is the file's name in messages.
Loaded load_graph_text(std::string_view text, const LoadRequest& request);

}  // namespace sluice
