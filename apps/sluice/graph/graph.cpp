// sluice graph: a picture of graphs, without starting them.

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <sluice/observe/log.hpp>

#include "graph/look.hpp"
#include "graph/mermaid.hpp"
#include "graph/render.hpp"
#include "graph/reports.hpp"
#include "graph_option.hpp"
#include "verbs.hpp"
#include "whole_file.hpp"

namespace sluice::app {
namespace {

struct Options : GraphOptions {
  std::vector<std::string> graphs;
  std::string format;
  std::string file;
  std::vector<std::string> reports;
  bool down = false;
};

struct Format {
  std::string_view name, ending;
  std::string (*make)(const Drawing& drawing, Direction direction);
};

constexpr std::array<Format, 4> kFormats{{
    {"svg", ".svg",
     [](const Drawing& d, Direction to) { return styled_svg(render(to_dot(d, to), "svg")); }},
    {"png", ".png", [](const Drawing& d, Direction to) { return render(to_dot(d, to), "png"); }},
    {"dot", ".dot", [](const Drawing& d, Direction to) { return to_dot(d, to); }},
    {"mermaid", ".mmd", [](const Drawing& d, Direction to) { return to_mermaid(d, to); }},
}};

// Throws std::invalid_argument.
const Format& format_of(const Options& options) {
  const Format* by_name = nullptr;
  const Format* by_ending = nullptr;
  for (const auto& format : kFormats) {
    if (options.format == format.name) by_name = &format;
    if (options.file.ends_with(format.ending)) by_ending = &format;
  }
  if (!options.format.empty() && !by_name)
    throw std::invalid_argument(fmt::format(
        "there is no format '{}'; there are svg, png, dot and mermaid", options.format));
  if (by_name && by_ending && by_name != by_ending)
    throw std::invalid_argument(
        fmt::format("--format {} and -o {} contradict each other; {} ends in {}", by_name->name,
                    options.file, by_name->name, by_name->ending));
  const auto& format = by_name ? *by_name : by_ending ? *by_ending : kFormats.front();
  if (format.name == "png" && options.file.empty() && isatty(STDOUT_FILENO) != 0)
    throw std::invalid_argument("a PNG is nothing for a terminal; write it to a file: -o FILE.png");
  return format;
}

// GRAPH@DEVICE. In what is a path, only the last part may say a device.
LoadRequest request_of(const Options& options, const std::string& graph) {
  const auto at = graph.rfind('@');
  const auto device = at == std::string::npos ? "" : graph.substr(at + 1);
  if (device.empty() || device.find('/') != std::string::npos || device.ends_with(".toml"))
    return options.request(graph);
  auto request = options.request(graph.substr(0, at));
  request.device = device;
  return request;
}

int run(const Options& options) {
  const Format* format = nullptr;
  try {
    format = &format_of(options);
  } catch (const std::invalid_argument& e) {
    fmt::print(stderr, "sluice: {}\n", escaped(e.what()));
    return kWrong;
  }
  std::vector<Plan> plans;
  for (const auto& graph : options.graphs)
    if (auto plan = load_or_tell(request_of(options, graph))) plans.push_back(std::move(*plan));
  if (plans.size() < options.graphs.size()) return kWrong;

  std::vector<DrawnPlan> drawn;
  for (const auto& plan : plans) drawn.push_back({&plan, {}, {}});
  add_reports(drawn, options.reports);
  write_whole(options.file,
              format->make(draw(drawn), options.down ? Direction::down : Direction::right));
  return kDone;
}

}  // namespace

Verb add_graph(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("graph", "Draws graphs without starting anything");
  verb->add_option("GRAPH", options->graphs,
                   "names or files, all in one picture; GRAPH@DEVICE: as it is on that device")
      ->required();
  options->add_to(*verb);
  options->add_with_plugins_to(*verb);
  verb->add_option("--format", options->format,
                   "svg, png, dot or mermaid; else what FILE ends in (.svg, .png, .dot, .mmd) "
                   "tells, else svg")
      ->type_name("FORMAT");
  verb->add_option("-o", options->file, "write it there, else to standard output")
      ->type_name("FILE");
  verb->add_option("--report", options->reports,
                   "with the figures of a run, as `sluice run --report FILE` wrote them; one for "
                   "each graph")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->take_all();
  verb->add_flag("--down", options->down, "from top to bottom");
  return [options] { return run(*options); };
}

}  // namespace sluice::app
