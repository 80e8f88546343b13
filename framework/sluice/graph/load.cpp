#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sluice/graph/check.hpp>
#include <sluice/graph/include.hpp>
#include <sluice/graph/load.hpp>
#include <sluice/graph/locate.hpp>
#include <sluice/graph/overlay.hpp>
#include <sluice/graph/plugins.hpp>
#include <sluice/graph/problems.hpp>
#include <sluice/graph/settings.hpp>
#include <sluice/graph/variables.hpp>

namespace sluice {
namespace {

namespace fs = std::filesystem;

std::string full_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

// Without its domain: devices and cameras are named by it.
std::string host_name() {
  const auto name = full_host_name();
  return name.substr(0, name.find('.'));
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  // Shells have it, and some systems' export it. Any other value is somebody's wish.
  if (name == "HOSTNAME" && (!value || value == full_host_name())) return host_name();
  return value ? std::optional<std::string>(value) : std::nullopt;
}

// The graph's name where it doesn't say one: its file's, with what a name can't have replaced.
std::string name_of(const fs::path& path) {
  auto name = path.stem().string().substr(0, 64);
  for (auto& c : name)
    if (!is_identifier(std::string_view(&c, 1))) c = '-';
  return name.empty() ? "graph" : name;
}

// Source 0 is the graph file.
Loaded load_source(FileTexts& sources, const GraphFile& file, const LoadRequest& request,
                   Problems& problems) {
  Loaded loaded;
  Problems warnings(sources);
  Variables variables(request.variable, sources, problems);
  FileLayers layers(sources, variables, problems, file.by_name);
  auto graph = layers.load(0, file.path);
  loaded.files = layers.files();
  if (graph) {
    auto settings = read_sets(request.sets, sources, problems);
    load_plugins(*graph, settings, request, sources, variables, problems);
    apply_device(*graph, request.device, problems);
    apply_sets(*graph, std::move(settings), problems);
    variables.expand(*graph);
    loaded.plan = check_graph(*graph, name_of(file.path), request.device, problems, warnings);
  }
  loaded.warnings = std::move(warnings).finish();
  for (auto& warning : loaded.warnings) warning.warning = true;
  return loaded;
}

}  // namespace

LoadRequest default_request(std::string graph) {
  LoadRequest request;
  request.graph = std::move(graph);
  request.device = host_name();
  request.folders.emplace_back("configs");
  if (const char* home = std::getenv("HOME"); home && *home != '\0')
    request.folders.push_back(fs::path(home) / ".config/sluice");
  request.folders.emplace_back("/etc/sluice");
  request.variable = environment;
  request.plugin_folders = plugin_folders(environment);
  return request;
}

Loaded load_graph(const LoadRequest& request) {
  FileTexts names;  // for problems before there is a text
  names.add(request.graph, {});
  Problems missing(names);
  const auto file = locate_graph(request.graph, request.folders, missing);
  if (!file) return {std::nullopt, std::move(missing).finish(), {}, {}};

  auto read = read_graph_file(file->path);
  FileTexts sources;
  sources.add(file->path.string(), read.text ? std::move(*read.text) : std::string());
  Problems problems(sources);
  if (!read.text) {
    problems.add({0, 0, 0}, read.code, std::move(read.message), std::move(read.hint));
    return {std::nullopt, std::move(problems).finish(), {}, {}};
  }
  auto loaded = load_source(sources, *file, request, problems);
  loaded.problems = std::move(problems).finish();
  return loaded;
}

Loaded load_graph_text(std::string_view text, const LoadRequest& request) {
  const auto name = request.graph.empty() ? std::string("graph.toml") : request.graph;
  FileTexts sources;
  sources.add(name, std::string(text));
  Problems problems(sources);
  auto loaded = load_source(sources, {name, false}, request, problems);
  loaded.files.erase(loaded.files.begin());  // the text itself came from none
  loaded.problems = std::move(problems).finish();
  return loaded;
}

}  // namespace sluice
