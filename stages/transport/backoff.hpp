// How long to wait before connecting anew: doubling from 100 ms to 4.5 s, less up to half by
// chance, so that many nodes don't come back to a restarted hub at one moment.
#pragma once

#include <algorithm>
#include <random>
#include <sluice/media/time.hpp>

namespace sluice {

class Backoff {
 public:
  explicit Backoff(std::uint32_t seed = std::random_device()()) : random_(seed) {}

  Duration next() {
    const Duration longest = next_;
    next_ = std::min<Duration>(2 * next_, kLongest);
    return Duration(
        std::uniform_int_distribution<std::int64_t>(longest.count() / 2, longest.count())(random_));
  }
  // The link has lived long enough to count as good.
  void reset() { next_ = kFirst; }

  static constexpr Duration kFirst = std::chrono::milliseconds(100);
  static constexpr Duration kLongest = std::chrono::milliseconds(4500);
  // A link that breaks sooner is flapping: the next wait goes on doubling.
  static constexpr Duration kGoodAfter = std::chrono::seconds(2);

 private:
  std::minstd_rand random_;
  Duration next_ = kFirst;
};

}  // namespace sluice
