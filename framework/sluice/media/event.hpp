// Something that happened. Events are small and take another way than frames: no frame ever
// displaces one.
#pragma once

#include <cstdint>
#include <sluice/media/time.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sluice {

using EventValue = std::variant<bool, std::int64_t, double, std::string>;

struct Event {
  std::string name;    // "motion.began": what it is about, and what happened
  std::string source;  // the camera concerned; empty: none
  std::vector<std::pair<std::string, EventValue>> details = {};

  // Filled in by the runtime when the event is raised.
  std::string stage = {};
  UtcTime time{};
};

// The event as one line of JSON without the line's end: {"time": "2026-01-31T12:00:00.000Z",
// "event": ..., "source": ..., "stage": ..., and the details by name}.
std::string to_json(const Event& event);

}  // namespace sluice
