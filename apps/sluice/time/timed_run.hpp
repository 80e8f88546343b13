// One graph, run and measured in this process.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <sluice/graph/plan.hpp>
#include <sluice/media/time.hpp>
#include <stdexcept>

namespace sluice::app {

using Json = nlohmann::ordered_json;

struct TimedRunRules {
  Duration warmup = std::chrono::seconds(2);  // left out of the figures
  std::optional<Duration> length;             // after the warm-up; nothing: until something ends it
  // The warm-up begins with the first frame that the last stage is done with: for what must wait
  // for another machine.
  bool from_first_frame = false;
  Duration idle{};      // ends it when the last stage has got no frame for so long; 0: doesn't
  bool status = false;  // a line a second on standard error
};

// There is nothing to tell: the graph could not start or failed, or was over too soon.
class NoFigures : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Runs the graph and gives its figures between the warm-up and the end: the time is over, SIGINT or
// SIGTERM came, no frame came any more, or the graph ended by itself; its last moments, when stages
// end one by one, and the time without frames are left out too. Throws NoFigures.
//
//   { "wall_s", "cpu_s", "cpu_ms_per_frame", "memory": { "at_the_end_bytes", "peak_bytes" },
//     "last": the graph's last stage, by whose frames it is counted,
//     "whole_run": what became of all frames from start to end, warm-up and last moments included:
//         { "wall_s", "stages": { NAME: { "in", "out", "dropped", "failed", "queued" } },
//           "events": { NAME: n } },
//     "stages": { NAME: { "type", "frames", "fps", "failed", "dropped": { CAUSE: n },
//         "cpu_us_per_frame", "allocations_per_frame" (absent where not counted),
//         "process_ms", "wait_ms", "age_ms": DISTRIBUTION,
//         "figures": { NAME: { OF: value } } (the stage's own, as they are at the end),
//         "sources": { NAME: { "frames", "bytes", "fps", "failed", "missing", "dropped",
//             "age_from": "arrival" (where the peer sends no capture time),
//             "process_ms", "wait_ms", "age_ms" } } } } }
//   DISTRIBUTION: { "count", "p50", "p90", "p99", "p999", "max", "slowest": "source #sequence",
//       "curve": [[share, ms], ...] }
Json timed_run(Plan plan, const TimedRunRules& rules);

}  // namespace sluice::app
