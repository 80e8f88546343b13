// How long to wait before trying again.
#pragma once

#include <algorithm>
#include <random>
#include <sluice/media/time.hpp>

namespace sluice::capture {

// 500 ms, doubling up to 10 s, each shortened by up to a quarter at random, so that all the cameras
// that a switch took with it don't come back in the same instant. Used by one thread.
class Backoff {
 public:
  explicit Backoff(unsigned seed) : random_(seed) {}

  Duration next() {
    const double part = std::uniform_real_distribution(0.75, 1.0)(random_);
    const Duration wait(static_cast<std::int64_t>(static_cast<double>(base_.count()) * part));
    base_ = std::min(base_ * 2, kMost);
    return wait;
  }
  void reset() { base_ = kLeast; }

 private:
  static constexpr Duration kLeast = std::chrono::milliseconds(500);
  static constexpr Duration kMost = std::chrono::seconds(10);

  Duration base_ = kLeast;
  std::minstd_rand random_;
};

}  // namespace sluice::capture
