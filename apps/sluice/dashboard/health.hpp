// Is a running graph well?
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "dashboard/figures.hpp"

namespace sluice::app {

// A source without a frame for so long is silent.
inline constexpr Duration kSilent = std::chrono::seconds(10);

struct Health {
  enum class Status {
    good,
    degraded,  // it goes on, but not with all that it should
    failed,    // a stage that it can't do without has given up: it ends
  };
  Status status = Status::good;
  std::vector<std::string> problems;  // a sentence each
};

Health health_of(const Plan& plan, const std::map<std::string, LastSeen>& sources,
                 const std::set<std::string>& gave_up, const std::string& failure);

// {"status": "degraded", "graph": ..., "device": ..., "up_s": ..., "problems": [...]}
nlohmann::ordered_json to_json(const Health& health, const Report& report);

}  // namespace sluice::app
