// Keeps a source to a rate.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sluice/stage.hpp>

namespace sluice::capture {

// Ticks on a grid that begins with the first call: tick n is due n / rate seconds after it,
// reckoned from the beginning each time, so that nothing adds up. Who comes late by whole ticks is
// not given them one after the other: they are left out. Used by one thread.
class Pacer {
 public:
  // rate in ticks per second; 0: never waits.
  explicit Pacer(double rate) : rate_(rate) {}

  // Waits until the next tick. Returns false if the stage is to stop instead.
  bool next(LoopContext& context) {
    if (rate_ <= 0) return !context.stopping();
    const Clock& clock = context.clock();
    if (!begun_) {
      begun_ = true;
      origin_ = clock.steady();
    } else {
      const auto passed = std::floor(seconds(clock.steady() - origin_) * rate_);
      tick_ = std::max(tick_ + 1, static_cast<std::uint64_t>(std::max(0.0, passed)));
    }
    // A century at most, so that no rate is too small to reckon with.
    const double due_ns = std::min(3e18, std::ceil(static_cast<double>(tick_) * 1e9 / rate_));
    const SteadyTime due = origin_ + Duration(static_cast<std::int64_t>(due_ns));
    while (!context.stopping()) {
      const Duration left = due - clock.steady();
      if (left <= Duration::zero()) return true;
      context.wait(std::min<Duration>(left, std::chrono::seconds(1)));
    }
    return false;
  }

 private:
  double rate_;
  bool begun_ = false;
  SteadyTime origin_{};
  std::uint64_t tick_ = 0;
};

}  // namespace sluice::capture
