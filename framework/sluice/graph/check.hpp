// A graph's table, complete and with its variables expanded, to a plan.
#pragma once

#include <optional>
#include <sluice/graph/document.hpp>
#include <sluice/graph/plan.hpp>
#include <sluice/graph/problems.hpp>
#include <string>

namespace sluice {

inline constexpr std::size_t kMostStages = 2000;

// All that is wrong goes to the problems; there is a plan if and only if that is nothing, and only
// then what is odd goes to the warnings.
// `fallback_name` is the graph's name where it doesn't say one; `device` that of the plan.
std::optional<Plan> check_graph(const Table& graph, const std::string& fallback_name,
                                const std::string& device, Problems& problems, Problems& warnings);

}  // namespace sluice
