#include "time/text.hpp"

#include <fmt/format.h>

#include <vector>

#include "time/table.hpp"

namespace sluice::app {
namespace {

std::string at(const Json& object, const char* key, const char* part) {
  return object.contains(key) ? number(object[key][part]) : "-";
}

std::string losses(const Json& of) {
  std::string text;
  const auto add = [&](const Json& count, const std::string& cause) {
    if (count.get<double>() > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number(count), cause);
  };
  for (const auto& [cause, count] : of["dropped"].items()) add(count, cause);
  add(of["failed"], "failed");
  if (of.contains("missing")) add(of["missing"], "missing");
  return text;
}

// What stages and sources have in common.
void add_times(Row& row, const Json& of) {
  row.push_back(number(of["fps"]));
  for (const char* part : {"p50", "p99"}) row.push_back(at(of, "process_ms", part));
  row.push_back(at(of, "wait_ms", "p99"));
  for (const char* part : {"p50", "p90", "p99", "p999", "max"})
    row.push_back(at(of, "age_ms", part));
  row.push_back(of.contains("age_ms") ? of["age_ms"]["slowest"].get<std::string>() : "-");
}

const Row kTimes{"frames/s", "work p50", "p99",   "wait p99", "age p50",
                 "p90",      "p99",      "p99.9", "max",      "slowest"};

Row head_of(const char* what) {
  Row head{what};
  head.insert(head.end(), kTimes.begin(), kTimes.end());
  return head;
}

}  // namespace

std::string text_of_run(const Json& run) {
  std::vector<Row> rows{head_of("stage")};
  rows.front().insert(rows.front().end(), {"CPU µs", "allocations", "lost"});
  for (const auto& [name, stage] : run["stages"].items()) {
    Row row{name};
    add_times(row, stage);
    row.push_back(stage.contains("cpu_us_per_frame") ? number(stage["cpu_us_per_frame"]) : "-");
    row.push_back(stage.contains("allocations_per_frame") ? number(stage["allocations_per_frame"])
                                                          : "-");
    row.push_back(losses(stage));
    rows.push_back(std::move(row));
  }
  std::string text = text_of_rows(rows);
  const std::string last = run["last"];
  const auto& sources = run["stages"][last]["sources"];
  if (sources.size() > 1) {
    rows = {head_of("source")};
    rows.front().push_back("lost");
    for (const auto& [name, source] : sources.items()) {
      Row row{name};
      add_times(row, source);
      row.push_back(losses(source));
      rows.push_back(std::move(row));
    }
    text += fmt::format("\nsources, as '{}' sees them\n{}", last, text_of_rows(rows));
  }
  const auto mib = [&](const char* which) {
    return run["memory"][which].get<double>() / (1 << 20);
  };
  return text + fmt::format(
                    "times in ms; CPU time and allocations a frame; the process: {} ms CPU a "
                    "frame of '{}', {:.0f} MiB (at most {:.0f})\n",
                    number(run["cpu_ms_per_frame"]), last, mib("at_the_end_bytes"),
                    mib("peak_bytes"));
}

std::string text_of(const Json& measurement) {
  std::string text;
  const int repeat = measurement["repeat"];
  for (const auto& variant : measurement["variants"]) {
    const std::string name = variant["name"];
    text += fmt::format("{}{}{}\n", text.empty() ? "" : "\n", name.empty() ? "" : name + ", ",
                        repeat == 1 ? "one run" : fmt::format("the middle of {} runs", repeat));
    text += text_of_run(variant["middle"]);
  }
  for (const auto& comparison : measurement["comparisons"]) {
    text += fmt::format("\n{} against {}\n", comparison["variant"].get<std::string>(),
                        comparison["against"].get<std::string>());
    for (const auto& figure : comparison["figures"])
      text += fmt::format("  {}: {}\n", figure["of"].get<std::string>(),
                          figure["says"].get<std::string>());
  }
  return text;
}

}  // namespace sluice::app
