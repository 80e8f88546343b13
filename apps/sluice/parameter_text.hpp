// What a parameter takes, in words.
#pragma once

#include <sluice/graph/stage_type.hpp>
#include <string>

namespace sluice::app {

// "number, frames/s, 0.1 to 1000"; "text: \"block\", \"latest\""; "duration, at least 1ms, must be
// given".
std::string wanted_of(const Parameter& parameter);

}  // namespace sluice::app
