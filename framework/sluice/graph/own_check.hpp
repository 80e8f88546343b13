// A stage type's own check of its parameters (Declare::check), as a part of the graph's.
#pragma once

#include <sluice/graph/document.hpp>
#include <sluice/graph/plan.hpp>
#include <sluice/graph/problems.hpp>
#include <string>

namespace sluice {

// `entry` is the stage's table, `plan` has all parameters. Makes a stage for the check alone, which
// is never started. Does nothing where a part of the graph is missing, which may have had what the
// check would miss.
void own_check(const Entry& entry, const StagePlan& plan, Problems& problems);

// Where a stage's table gives the parameter, or that item of its list; else the stage's own place.
Origin place_of(const Entry& stage, const std::string& parameter, std::size_t item = 0);

}  // namespace sluice
