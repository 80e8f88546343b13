// One graph, run and measured in this process.
#pragma once

#include <nlohmann/json.hpp>
#include <sluice/graph/plan.hpp>
#include <sluice/media/time.hpp>
#include <stdexcept>

namespace sluice::app {

using Json = nlohmann::ordered_json;

struct TimedRunRules {
  Duration warmup = std::chrono::seconds(2);  // left out of the figures
  Duration length = std::chrono::seconds(20);
};

// There is nothing to tell: the graph could not start or failed, or was over too soon.
class NoFigures : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Runs the graph and gives its figures between the warm-up and the end: the time is over, SIGINT or
// SIGTERM came, or the graph ended by itself; its last moments, when stages end one by one, are
// left out too. Throws NoFigures.
//
//   { "wall_s", "cpu_s", "cpu_ms_per_frame", "memory": { "at_the_end_bytes", "peak_bytes" },
//     "last": the graph's last stage, by whose frames it is counted,
//     "stages": { NAME: { "type", "frames", "fps", "failed", "dropped": { CAUSE: n },
//         "cpu_us_per_frame", "allocations_per_frame" (absent where not counted),
//         "process_ms", "wait_ms", "age_ms": DISTRIBUTION,
//         "sources": { NAME: { "frames", "fps", "failed", "missing", "dropped",
//             "process_ms", "wait_ms", "age_ms" } } } } }
//   DISTRIBUTION: { "count", "p50", "p90", "p99", "p999", "max", "slowest": "source #sequence",
//       "curve": [[share, ms], ...] }
Json timed_run(Plan plan, const TimedRunRules& rules);

}  // namespace sluice::app
