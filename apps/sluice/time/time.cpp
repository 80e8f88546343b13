// sluice time: how fast a graph is, how old its frames get, what that costs, and whether a setting
// makes a difference.

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <sluice/observe/log.hpp>
#include <thread>

#include "graph_option.hpp"
#include "session.hpp"
#include "time/compare.hpp"
#include "time/html.hpp"
#include "time/text.hpp"
#include "time/variants.hpp"
#include "verbs.hpp"

namespace sluice::app {
namespace {

struct Options : GraphOptions {
  std::string graph;
  std::string length = "20s", warmup = "2s";
  std::vector<std::string> varied;
  int repeat = 0;  // 0: 5 where something is varied, else 1
  std::string json, html;
};

Json machine() {
  utsname name{};
  uname(&name);
  return {{"host", name.nodename},
          {"system", fmt::format("{} {} {}", name.sysname, name.release, name.machine)},
          {"cores", std::thread::hardware_concurrency()}};
}

// A host's or a file's name may be no UTF-8; that is no reason to lose the figures.
std::string text_of_json(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int time_graph(const Options& options) {
  if (options.graph.empty()) {
    fmt::print(stderr, "sluice: which graph? sluice time GRAPH, or see sluice time --help\n");
    return kWrong;
  }
  const auto length = duration_or_tell("--for", options.length);
  const auto warmup = duration_or_tell("--warmup", options.warmup);
  if (!length || !warmup) return kWrong;
  std::vector<Variant> variants;
  try {
    variants = variants_of(options.varied);
  } catch (const std::invalid_argument& e) {
    fmt::print(stderr, "sluice: {}\n", escaped(e.what()));
    return kWrong;
  }
  const auto request_of = [&](const Variant& variant) {
    auto request = options.request(options.graph);
    request.sets.insert(request.sets.end(), variant.sets.begin(), variant.sets.end());
    return request;
  };
  // All that is wrong with any of them is told before the first is run.
  std::optional<Plan> plan;
  for (const auto& variant : variants)
    if (plan = load_or_tell(request_of(variant)); !plan) return kWrong;

  const auto when = Clock::system().utc();
  const int repeat = options.repeat > 0 ? options.repeat : variants.size() > 1 ? 5 : 1;
  const auto one = [&](const Variant& variant) {
    auto varied = load_or_tell(request_of(variant));
    if (!varied) throw NoFigures("the graph has changed since it was checked");
    return timed_run(std::move(*varied), {*warmup, *length});
  };
  const auto progress = [&](const std::string& what) {
    if (variants.size() * static_cast<std::size_t>(repeat) > 1) fmt::print(stderr, "{}\n", what);
  };
  if (!run_in_turns(variants, repeat, one, progress)) return kFailed;

  Json measurement{{"sluice", SLUICE_VERSION},
                   {"graph", plan->name},
                   {"device", plan->device},
                   {"machine", machine()},
                   {"when", fmt::format("{:%F %R} UTC",
                                        fmt::gmtime(std::chrono::system_clock::to_time_t(when)))},
                   {"warmup_s", seconds(*warmup)},
                   {"for_s", seconds(*length)},
                   {"repeat", repeat},
                   {"variants", Json::array()},
                   {"comparisons", compare(variants)}};
  for (const auto& variant : variants)
    measurement["variants"].push_back({{"name", variant.name},
                                       {"sets", variant.sets},
                                       {"middle", middle_of(variant.runs)},
                                       {"runs", variant.runs}});
  fmt::print("{}", text_of(measurement));
  if (!options.json.empty()) write_whole_file(options.json, text_of_json(measurement));
  if (!options.html.empty()) write_whole_file(options.html, html_of(measurement));
  return kDone;
}

}  // namespace

Verb add_time(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("time", "Measures a graph");
  verb->add_option("GRAPH", options->graph, "a name or a file, as for run");
  options->add_to(*verb);
  verb->add_option("--for", options->length, "length of a run (20s)")->type_name("DURATION");
  verb->add_option("--warmup", options->warmup, "what is left out before it (2s)")
      ->type_name("DURATION");
  verb->add_option(
          "--vary", options->varied,
          "runs with each of these values, as in --vary stage.jpeg.quality=50,80; several: "
          "every combination")
      ->type_name("KEY=VALUE,VALUE...")
      ->allow_extra_args(false)  // what follows is the next argument
      ->take_all();
  verb->add_option("--repeat", options->repeat,
                   "runs of each variant, in alternating order (1; 5 where something is varied)")
      ->check(CLI::Range(1, 1000));
  verb->add_option("--json", options->json, "write all figures there")->type_name("FILE");
  verb->add_option("--html", options->html, "write a page with plots there")->type_name("FILE");
  return [options] { return time_graph(*options); };
}

}  // namespace sluice::app
