// A graph's figures at one moment, as plain data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <sluice/observe/costs.hpp>
#include <sluice/observe/histogram.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

using ByCause = std::map<std::string, std::uint64_t>;

struct SourceReport {
  std::uint64_t in = 0, bytes = 0, failed = 0, last_sequence = 0, missing = 0;
  ByCause dropped;
  Duration quiet{};       // since the last frame came
  bool age_known = true;  // false: counted from arrival, as the peer sends no capture time
  Distribution age;
  Distribution process, wait;  // where EngineOptions::timed
};

struct StageReport {
  std::string name, type;
  bool is_source = false;
  std::uint64_t in = 0, out = 0, failed = 0, queued = 0, restarts = 0, events_dropped = 0;
  ByCause dropped;
  std::uint64_t held_bytes = 0;  // of frames that wait, or that the stage keeps
  double fps = 0;                // out, over the whole time
  Distribution process, wait, age;
  Costs costs;  // where EngineOptions::timed; of the stage's own thread only, if it has others too
  std::map<std::string, SourceReport> sources;
  // The stage's own: by name, and by what it is a figure of.
  std::map<std::string, std::map<std::string, double>> figures;

  std::uint64_t dropped_total() const;
  // in = out + dropped + failed + queued
  bool adds_up() const { return in == out + dropped_total() + failed + queued; }
};

struct Report {
  std::string graph, device;
  double wall_s = 0, cpu_s = 0;
  std::uint64_t rss_bytes = 0, max_rss_bytes = 0;
  std::uint64_t held_bytes = 0, memory_limit_bytes = 0;  // of frames; the graph's `memory`
  std::vector<StageReport> stages;                       // in the graph's order
  std::map<std::string, std::uint64_t> events;
};

// The process's CPU time, its resident size, and the largest that was so far.
void read_process(Report& report);

// What happened between two reports of one engine. Queues, sizes and the stages' own figures are
// as they are now; so are the maxima, see Engine::forget_maxima().
Report since(const Report& now, const Report& before);

// {"graph": ..., "stages": {"motion": {...}}, "events": {...}}.
std::string to_json(const Report& report);

// What to_json() wrote: all of a report but the histograms' buckets, what goes with them, and
// costs. Throws std::invalid_argument that says which field is wrong or missing.
Report report_from_json(std::string_view text);

// For a terminal: a row a stage with what was lost and why, then the stages' own figures and the
// events.
std::string to_table(const Report& report);

// One line: what each source did since `before`, and what was lost since.
std::string to_status(const Report& now, const Report& before);

}  // namespace sluice
