// What a measurement looks like. Each plot is an SVG with all variants in it, told apart by colour
// and by a letter.
#pragma once

#include <string>

#include "time/timed_run.hpp"

namespace sluice::app {

// How old frames are at each stage, in the graph's order: p50, p99 and the oldest.
std::string age_by_stage(const Json& measurement);

// The age at the last stage by the share of frames that are not older: the further to the right,
// the rarer.
std::string age_by_share(const Json& measurement);

// CPU time a frame at each stage.
std::string cost_by_stage(const Json& measurement);

// Frames/s at the last stage, run by run.
std::string rate_by_run(const Json& measurement);

// The `i`th variant's letter, A first; the class that colours it; and "A NAME, " to begin a tip
// with, or nothing where it has no name.
std::string letter(std::size_t i);
std::string colour(std::size_t i);
std::string named(const Json& variant, std::size_t i);

}  // namespace sluice::app
