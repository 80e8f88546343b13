#include <fmt/format.h>

#include <algorithm>
#include <sluice/base/trust.hpp>
#include <sluice/graph/locate.hpp>
#include <sluice/graph/parameter_value.hpp>

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".toml";

bool is_path(std::string_view graph) {
  return graph.find('/') != std::string_view::npos ||
         (graph.size() > kEnding.size() && graph.substr(graph.size() - kEnding.size()) == kEnding);
}

// The names, without the ending, of the graph files in a folder, sorted.
std::vector<std::string> graphs_in(const fs::path& folder) {
  constexpr std::size_t kMostLookedAt = 10'000;
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator it(folder, error);
  for (std::size_t i = 0; !error && it != fs::directory_iterator() && i < kMostLookedAt; ++i) {
    if (it->path().extension() == kEnding) names.push_back(it->path().stem().string());
    it.increment(error);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// How the file is named on the command line.
std::string as_path(const fs::path& path) {
  return (path.is_absolute() ? path : "." / path).string();
}

}  // namespace

bool is_file_name(std::string_view name) {
  return !name.empty() && name.find('\0') == std::string_view::npos;
}

bool is_there(const fs::path& path) {
  std::error_code error;
  // What is there but may not be looked at is left to whoever opens it.
  const auto type = fs::status(path, error).type();
  return type != fs::file_type::not_found && type != fs::file_type::none;
}

std::string near_files(const fs::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  auto names = graphs_in(folder);
  if (names.empty()) return {};
  // Compared without the ending, which makes short names look alike.
  if (const auto meant = nearest(path.stem().string(), names); !meant.empty())
    return fmt::format("did you mean '{}{}'?", meant, kEnding);
  for (auto& name : names) name += kEnding;
  return fmt::format("'{}' has {}", folder.string(), listed(names));
}

std::optional<GraphFile> locate_graph(const std::string& graph,
                                      const std::vector<fs::path>& folders, Problems& problems) {
  const Origin nowhere{0, 0, 0};
  if (!is_file_name(graph)) {
    problems.add(nowhere, "no-such-graph", "a graph's name can't be empty or contain NUL");
    return std::nullopt;
  }
  if (is_path(graph)) {
    if (is_there(graph)) return GraphFile{graph, false};
    problems.add(nowhere, "no-such-graph", fmt::format("there is no file '{}'", graph),
                 near_files(graph));
    return std::nullopt;
  }
  std::vector<std::string> searched;
  std::vector<std::string> found;
  for (const auto& folder : folders) {
    const auto path = folder / (graph + std::string(kEnding));
    if (is_there(path)) {
      const auto reason = distrust(path);
      if (!reason) return GraphFile{path, true};
      problems.add(nowhere, "untrusted-graph",
                   fmt::format("'{}' is not taken: {}", path.string(), reason->why),
                   fmt::format("a graph is a program; {}, or name the file itself, as in {}",
                               reason->hint, as_path(path)));
      return std::nullopt;
    }
    searched.push_back(folder.string());
    for (auto& name : graphs_in(folder))
      if (std::find(found.begin(), found.end(), name) == found.end())
        found.push_back(std::move(name));
  }
  const auto all = found.empty() ? std::string("there are no graphs there; give a file's path")
                                 : fmt::format("there are {}", listed(found));
  const auto meant = problems.near(graph, found);
  problems.add(
      nowhere, "no-such-graph",
      fmt::format("no graph '{}' in {}", graph, searched.empty() ? "any folder" : listed(searched)),
      meant.empty() ? all : fmt::format("{} {}", meant, all));
  return std::nullopt;
}

}  // namespace sluice
