// sluice time stages: what a frame costs in each type of stage, by the graph that the type's own
// page shows, on pictures of standard sizes.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <sluice/observe/log.hpp>

#include "graph_option.hpp"
#include "session.hpp"
#include "stage_type_option.hpp"
#include "time/child.hpp"
#include "time/measurement.hpp"
#include "time/table.hpp"
#include "verbs.hpp"
#include "whole_file.hpp"

namespace sluice::app {
namespace {

struct Options {
  std::vector<std::string> types;
  std::string length = "2s";
  std::string json;
};

struct Size {
  int width, height;
};
constexpr Size kSizes[] = {{640, 480}, {1920, 1080}};

// Left out of the figures: caches are cold, and motion detection learns what is still.
constexpr Duration kWarmup = std::chrono::milliseconds(300);

std::string text_of(const Size& size) { return fmt::format("{}x{}", size.width, size.height); }

Plan load_example(const StageType& type, const std::vector<std::string>& sets) {
  auto request = default_request(type.name);
  request.sets = sets;
  auto loaded = load_graph_text(type.example, request);
  if (!loaded.plan) throw NoFigures(to_text(loaded.problems.front()));
  return std::move(*loaded.plan);
}

// What makes a plan's sources give pictures of this size, as fast as they are taken, none of which
// is dropped on the way; and what listens, do so where nobody else does.
std::vector<std::string> sets_for(const Plan& plan, const Size& size) {
  std::vector<std::string> sets;
  for (const auto& stage : plan.stages) {
    const auto set = [&](const std::string& key, const auto& value) {
      sets.push_back(fmt::format("stage.{}.{}={}", stage.name, key, value));
    };
    if (!stage.type->is_source()) set("mailbox.when_full", "block");
    for (const auto& [parameter, value] : stage.parameters) {
      // A hub or a page of the user's own may be at the example's address.
      if (parameter->end != End::none && value != ParamValue(std::vector<std::string>{}))
        set(parameter->name, fmt::format("ipc:///tmp/sluice-time-{}", getpid()));
      if (parameter->name == "listen") set("listen", "127.0.0.1:0");
      if (!stage.type->is_source()) continue;
      // 0 is left: it stands for what a camera has by itself, and for as fast as possible.
      if (value == ParamValue(std::int64_t{0}) || value == ParamValue(0.0)) continue;
      if (parameter->name == "width") set("width", size.width);
      if (parameter->name == "height") set("height", size.height);
      if (parameter->name == "rate") set("rate", 0);
    }
  }
  return sets;
}

bool takes_frames(const StageType& type) {
  return type.is_source() ||
         std::any_of(type.inputs.begin(), type.inputs.end(),
                     [](const Port& port) { return !(port.kinds & kinds::frames).empty(); });
}

// The figures of the example's first stage of this type. Throws where there are none.
Json figures_of(const StageType& type, const Size& size, Duration length) {
  // What a stage complains of is why there are no figures.
  set_log_level(LogLevel::error);
  if (!takes_frames(type)) throw NoFigures("it takes events and no frames");
  auto plan = load_example(type, sets_for(load_example(type, {}), size));
  const auto stage = std::find_if(plan.stages.begin(), plan.stages.end(),
                                  [&](const StagePlan& s) { return s.type == &type; });
  if (stage == plan.stages.end()) throw NoFigures("its example does without it");
  const auto name = stage->name;
  const auto run = timed_run(std::move(plan), {kWarmup, length});
  Json figures = run["stages"][name];
  if (figures["frames"] == 0) {
    auto why = fmt::format("no frame in {:.2g} s", run["wall_s"].get<double>());
    for (const auto& [event, count] : run["whole_run"]["events"].items()) why += "; " + event;
    throw NoFigures(why);
  }
  const double cpu_us = figures["cpu_us_per_frame"];
  figures["fps_of_one_core"] = cpu_us > 0 ? Json(std::round(1e6 / cpu_us)) : Json(nullptr);
  return figures;
}

// { "type", "width", "height", and "figures" or "no_figures": why not }
Json time_type(Children& children, const StageType& type, const Size& size, Duration length) {
  Json entry{{"type", type.name}, {"width", size.width}, {"height", size.height}};
  const auto result = children.run([&]() -> Json {
    try {
      return {{"figures", figures_of(type, size, length)}};
    } catch (const std::exception& e) {
      return {{"no_figures", e.what()}};
    }
  });
  entry.update(result ? *result : Json{{"no_figures", "its process ended before its time"}});
  return entry;
}

std::string text_of(const Json& entries) {
  std::vector<Row> rows{
      {"stage type", "size", "work p50", "p99", "CPU µs", "allocations", "frames/s of a core", ""}};
  for (const auto& entry : entries) {
    Row row{entry["type"], text_of(Size{entry["width"], entry["height"]})};
    if (entry.contains("no_figures")) {
      row.resize(rows.front().size() - 1, "-");
      row.push_back("no figures: " + escaped(entry["no_figures"].get<std::string>()));
    } else {
      const auto& figures = entry["figures"];
      const auto at = [&](const char* path) {
        const Json::json_pointer where(path);
        return figures.contains(where) ? number(figures[where]) : "-";
      };
      row.insert(row.end(), {at("/process_ms/p50"), at("/process_ms/p99"), at("/cpu_us_per_frame"),
                             at("/allocations_per_frame"), at("/fps_of_one_core"), ""});
    }
    rows.push_back(std::move(row));
  }
  return text_of_rows(rows) +
         "times in ms; CPU time and allocations a frame, of the stage's own thread: what a library "
         "does in threads of its own (ZeroMQ's) is not in it\n";
}

int time_stages(const Options& options) {
  const auto length = duration_or_tell("--for", options.length);
  if (!length) return kWrong;
  auto types = StageTypes::all().sorted();
  if (!options.types.empty()) types.clear();
  for (const auto& name : options.types) {
    types.push_back(stage_type_or_tell(name));
    if (!types.back()) return kWrong;
  }

  std::optional<WholeFile> json;
  if (!options.json.empty()) json.emplace(options.json);
  Children children;
  Json entries = Json::array();
  for (const auto* type : types)
    for (const auto& size : kSizes) {
      if (children.asked()) break;
      fmt::print(stderr, "{} {}\n", type->name, text_of(size));
      entries.push_back(time_type(children, *type, size, *length));
    }
  fmt::print("{}", text_of(entries));
  if (json)
    json->put_in_place(text_of_json({{"sluice", SLUICE_VERSION},
                                     {"machine", machine()},
                                     {"for_s", seconds(*length)},
                                     {"stages", entries}}));
  const bool any = std::any_of(entries.begin(), entries.end(),
                               [](const Json& entry) { return entry.contains("figures"); });
  return any ? kDone : kFailed;
}

}  // namespace

Verb add_time_stages(CLI::App& time) {
  auto options = std::make_shared<Options>();
  auto* verb = time.add_subcommand(
      "stages", "Measures every stage type by its example, at 640x480 and 1920x1080");
  verb->add_option("TYPE", options->types, "these only, as in decode.jpeg");
  verb->add_option("--for", options->length, "length of each run (2s)")->type_name("DURATION");
  verb->add_option("--json", options->json, "write all figures there")->type_name("FILE");
  return [options] { return time_stages(*options); };
}

}  // namespace sluice::app
