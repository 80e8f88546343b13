#include "time/run_rows.hpp"

#include <fmt/format.h>

namespace sluice::app {
namespace {

std::string at(const Json& object, const char* key, const char* part) {
  return object.contains(key) ? number(object[key][part]) : "-";
}

// "3 mailbox_full, 1 failed"
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

std::vector<Row> stage_rows(const Json& run) {
  std::vector<Row> rows{head_of("stage")};
  rows.front().insert(rows.front().end(), {"CPU µs", "allocations", "lost"});
  for (const auto& [name, stage] : run["stages"].items()) {
    Row row{name};
    add_times(row, stage);
    for (const char* cost : {"cpu_us_per_frame", "allocations_per_frame"})
      row.push_back(stage.contains(cost) ? number(stage[cost]) : "-");
    row.push_back(losses(stage));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> source_rows(const Json& run) {
  std::vector<Row> rows{head_of("source")};
  rows.front().push_back("lost");
  const std::string last = run["last"];
  for (const auto& [name, source] : run["stages"][last]["sources"].items()) {
    Row row{name};
    add_times(row, source);
    row.push_back(losses(source));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string process_text(const Json& run) {
  const auto mib = [&](const char* which) {
    return run["memory"][which].get<double>() / (1 << 20);
  };
  return fmt::format("{} ms CPU a frame of '{}', {:.0f} MiB (at most {:.0f})",
                     number(run["cpu_ms_per_frame"]), run["last"].get<std::string>(),
                     mib("at_the_end_bytes"), mib("peak_bytes"));
}

}  // namespace sluice::app
