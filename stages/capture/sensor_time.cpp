#include "capture/sensor_time.hpp"

#include <ctime>

namespace sluice::capture {
namespace {

constexpr Duration kOldest = std::chrono::minutes(1);

Duration now_by(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

UtcTime SensorTime::captured(Duration told) {
  const UtcTime arrived = clock_.utc();
  if (told <= last_) return arrived;
  for (const clockid_t clock : {CLOCK_MONOTONIC, CLOCK_BOOTTIME}) {
    const Duration age = now_by(clock) - told;
    if (age < Duration::zero() || age > kOldest) continue;
    last_ = told;
    return arrived - age;
  }
  return arrived;
}

}  // namespace sluice::capture
