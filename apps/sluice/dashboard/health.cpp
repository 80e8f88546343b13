#include "dashboard/health.hpp"

#include <fmt/format.h>

namespace sluice::app {

Health health_of(const Plan& plan, const std::map<std::string, LastSeen>& sources,
                 const std::set<std::string>& gave_up, const std::string& failure) {
  Health health;
  const auto degraded = [&](std::string problem) {
    health.status = Health::Status::degraded;
    health.problems.push_back(std::move(problem));
  };
  for (const auto& [name, seen] : sources)
    if (seen.quiet > kSilent)
      degraded(fmt::format("source '{}' has been silent for {:.0f} s", name, seconds(seen.quiet)));
  for (const auto& stage : plan.stages) {
    if (!gave_up.contains(stage.name)) continue;
    degraded(fmt::format("stage '{}' has given up", stage.name));
    if (!stage.optional) health.status = Health::Status::failed;
  }
  if (!failure.empty()) {
    health.status = Health::Status::failed;
    health.problems.push_back(failure);
  }
  return health;
}

nlohmann::ordered_json to_json(const Health& health, const Report& report) {
  static constexpr const char* kNames[] = {"good", "degraded", "failed"};
  return {{"status", kNames[static_cast<int>(health.status)]},
          {"graph", report.graph},
          {"device", report.device},
          {"up_s", report.wall_s},
          {"problems", health.problems}};
}

}  // namespace sluice::app
