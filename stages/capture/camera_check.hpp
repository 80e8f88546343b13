// What is checked of every camera's parameters, before any camera is opened.
#pragma once

#include <sluice/graph/stage_type.hpp>
#include <string>

namespace sluice::capture {

void check_source(const std::string& source, ParamProblems& problems);

// A camera that gives two pictures within the limit is not taken for lost. `rate`: in frames/s, 0:
// its own.
void check_read_limit(double rate, Duration read_limit, ParamProblems& problems);

}  // namespace sluice::capture
