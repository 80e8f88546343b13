// sluice time: how fast a graph is, how old its frames get, what that costs, and whether a setting
// makes a difference.

#include <fmt/format.h>

#include <map>
#include <sluice/observe/log.hpp>

#include "graph_option.hpp"
#include "session.hpp"
#include "time/html.hpp"
#include "time/measurement.hpp"
#include "time/text.hpp"
#include "time/variants.hpp"
#include "verbs.hpp"
#include "whole_file.hpp"

namespace sluice::app {
namespace {

struct Options : GraphOptions {
  std::string graph;
  std::string length = "20s", warmup = "2s";
  std::vector<std::string> varied;
  int repeat = 0;  // 0: 5 where something is varied, else 1
  std::string json, html;
};

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
  const TimedRunRules rules{*warmup, *length};
  const int repeat = options.repeat > 0 ? options.repeat : variants.size() > 1 ? 5 : 1;
  const auto one = [&](const Variant& variant) {
    auto varied = load_or_tell(request_of(variant));
    if (!varied) throw NoFigures("the graph has changed since it was checked");
    return timed_run(std::move(*varied), rules);
  };
  const auto progress = [&](const std::string& what) {
    if (variants.size() * static_cast<std::size_t>(repeat) > 1) fmt::print(stderr, "{}\n", what);
  };
  std::optional<WholeFile> json, html;
  if (!options.json.empty()) json.emplace(options.json);
  if (!options.html.empty()) html.emplace(options.html);
  if (!run_in_turns(variants, repeat, one, progress)) return kFailed;

  const auto measurement = measurement_of(*plan, when, rules, repeat, variants);
  fmt::print("{}", text_of(measurement));
  if (json) json->put_in_place(text_of_json(measurement));
  if (html) html->put_in_place(html_of(measurement));
  return kDone;
}

}  // namespace

Verb add_time(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("time", "Measures a graph, or one of these");
  verb->require_subcommand(0, 1);
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

  const auto own =
      verb->get_options([=](CLI::Option* option) { return option != verb->get_help_ptr(); });
  const std::map<std::string, Verb> others{{"send", add_time_send(*verb)},
                                           {"receive", add_time_receive(*verb)},
                                           {"stages", add_time_stages(*verb)}};
  for (const auto& [name, run] : others)
    for (auto* option : own) verb->get_subcommand(name)->excludes(option);
  return [options, verb, others] {
    const auto called = verb->get_subcommands();
    return called.empty() ? time_graph(*options) : others.at(called.front()->get_name())();
  };
}

}  // namespace sluice::app
