// What a link's end has measured besides what every graph has, for a terminal.
#pragma once

#include <string>

#include "time/timed_run.hpp"

namespace sluice::app {

// Of one stage of a run, the one that sends or receives: bytes by source, and the stage's own
// figures.
std::string text_of_link(const Json& run, const std::string& stage);

}  // namespace sluice::app
