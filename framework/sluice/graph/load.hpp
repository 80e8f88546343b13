// From a graph file to a checked Plan, or to the list of all that is wrong with it. Starts nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <sluice/graph/plan.hpp>
#include <string>
#include <vector>

namespace sluice {

struct LoadRequest {
  std::string graph;   // a name, looked for as NAME.toml in `folders`, or a path
  std::string device;  // whose [device.NAME] overlay applies
  std::vector<std::string> sets;  // "stage.jpeg.quality=70", in order
  std::vector<std::filesystem::path> folders;
  std::function<std::optional<std::string>(const std::string&)> variable;  // for ${VAR}
};

// A request as the command line means it: the environment's variables (HOSTNAME falls back to the
// host's name), the folders ./configs, ~/.config/sluice and /etc/sluice, the host name as device.
LoadRequest default_request(std::string graph);

// One mistake. `code` is stable and fit for scripts: "unknown-key", "no-such-stage", ...
struct Problem {
  std::string file;        // as the user would name it; "--set" for a setting
  int line = 0;            // from 1; 0: about the file as a whole
  int column = 0;          // from 1, in characters
  std::string code;
  std::string message;     // what is wrong
  std::string hint;        // what to do; may be empty
  std::string source_line; // for the caret
};

// file:line:column: error: message [code], then the line, a caret under the place, and the hint.
std::string to_text(const Problem& problem);

struct Loaded {
  std::optional<Plan> plan;       // there if and only if there are no problems
  std::vector<Problem> problems;  // by file and place
  std::vector<std::filesystem::path> files;  // what was read, the graph file first
};

Loaded load_graph(const LoadRequest& request);

// The same from a text, for tests and examples; `request.graph` is the file's name in messages.
Loaded load_graph_text(std::string_view text, const LoadRequest& request);

}  // namespace sluice
