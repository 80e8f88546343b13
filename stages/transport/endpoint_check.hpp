// What the check of the graph says of the addresses of a transport stage.
#pragma once

#include <sluice/graph/stage_type.hpp>
#include <string>
#include <vector>

namespace sluice {

// The parameters `bind`, `connect` and `security` of a stage. Looks nothing up: a name that does
// not resolve now may do so when the graph runs.
void check_endpoints(const std::vector<std::string>& bind, const std::vector<std::string>& connect,
                     const std::string& security, ParamProblems& problems);

}  // namespace sluice
