// Comparisons for a page: what they say, and each one's interval drawn.
#pragma once

#include <string>

#include "time/timed_run.hpp"

namespace sluice::app {

// A table for each figure, a row for each variant; empty where nothing is compared.
std::string intervals(const Json& measurement);

}  // namespace sluice::app
