// [dashboard]: what the graph says of the page it is watched by.
#pragma once

#include <optional>
#include <sluice/graph/document.hpp>
#include <sluice/graph/plan.hpp>
#include <sluice/graph/problems.hpp>
#include <string>

namespace sluice {

// The shortest token that is taken: what is shorter can be tried out.
inline constexpr std::size_t kShortestToken = 16;

// What is wrong with it, as far as that can be told before it listens; nothing: it is good.
struct DashboardProblem {
  std::string key;      // "listen" or "token"
  std::string message;  // what is wrong
  std::string hint;     // what to do
};
std::optional<DashboardProblem> problem_of(const DashboardPlan& dashboard);

// Reads the table; nothing if it isn't right, which is reported.
std::optional<DashboardPlan> read_dashboard(const Entry& entry, Problems& problems);

}  // namespace sluice
