// A measurement for a terminal.
#pragma once

#include <string>

#include "time/timed_run.hpp"

namespace sluice::app {

// A line a stage, a line a source at the last stage, and the memory; of a run, see timed_run().
std::string text_of_run(const Json& run);

// All of a measurement, see Measurement in time.cpp: what was run, each variant, how they compare.
std::string text_of(const Json& measurement);

}  // namespace sluice::app
