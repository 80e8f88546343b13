// The two clocks of a camera network: UTC, which devices share and which says when a picture was
// taken, and the steady clock, which never jumps and measures how long things took.
#pragma once

#include <chrono>

namespace sluice {

using Duration = std::chrono::nanoseconds;
using UtcTime = std::chrono::sys_time<Duration>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Where a stage reads the time, so that a test can set it. Safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UtcTime utc() const = 0;
  virtual SteadyTime steady() const = 0;

  // The machine's clocks.
  static const Clock& system();
};

// What UTC is ahead of the steady clock at this moment.
Duration utc_ahead_of_steady(const Clock& clock);

constexpr double milliseconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }
constexpr double seconds(Duration d) { return static_cast<double>(d.count()) / 1e9; }

}  // namespace sluice
