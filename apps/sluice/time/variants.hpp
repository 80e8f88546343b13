// What is varied in a measurement, and the runs of it all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "time/timed_run.hpp"

namespace sluice::app {

struct Variant {
  std::string name;               // "stage.jpeg.quality=50", several joined by ", "
  std::vector<std::string> sets;  // to lay over the graph
  std::vector<Json> runs;         // see timed_run()
};

// Every combination of the values of `varied`, each of which is "KEY=VALUE,VALUE,...". Commas in
// quotes and brackets belong to a value. One variant without a name where nothing is varied. Throws
// std::invalid_argument where that can't be read.
std::vector<Variant> variants_of(const std::vector<std::string>& varied);

// Runs each variant `repeat` times, each run in a process of its own, so that none finds what
// another left: memory, warm caches, a worn mailbox. The variants take turns, every other time in
// the opposite order, so that a machine that slows down slows all of them down. SIGINT and SIGTERM
// end the run that is under way, which counts if it is past its warm-up, and the measurement;
// variants that had no turn are left out. `progress` is told what begins. Returns whether there is
// anything to tell; what failed has been told on standard error.
bool run_in_turns(std::vector<Variant>& variants, int repeat,
                  const std::function<Json(const Variant&)>& run,
                  const std::function<void(const std::string&)>& progress);

}  // namespace sluice::app
