// Durations counted in buckets whose width grows with the value, so that percentiles are right to
// within 3 % at every scale, in a fixed 5 kB and without an allocation. The layout is that of Gil
// Tene's HdrHistogram (a power of two split into equal parts).
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>
#include <sluice/media/frame.hpp>
#include <sluice/media/time.hpp>
#include <string>
#include <vector>

namespace sluice {

// A histogram as it was at one moment, as plain data.
struct Distribution {
  // Which frame it was, for a person to look for.
  struct Slowest {
    std::string source;
    std::uint64_t sequence = 0;
  };

  std::uint64_t count = 0;
  double mean = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;  // milliseconds
  Slowest slowest;                                                // whose the max was
  std::vector<std::uint64_t> buckets;                             // up to the last that isn't empty

  // The milliseconds that this share (0 to 1) of the durations does not exceed.
  double at(double share) const;
  // How many were not longer than this, to within the width of a bucket.
  std::uint64_t count_up_to(double ms) const;
  // What was added after `before` was taken of the same histogram. `max` and `slowest` can't be
  // told apart so: they are this one's.
  Distribution since(const Distribution& before) const;

 private:
  friend class Histogram;
  void summarize();  // all but max and slowest, from the buckets
};

// One thread adds, any thread reads.
class Histogram {
 public:
  void add(Duration d, const Frame& frame) {
    const std::uint64_t ns = d.count() > 0 ? static_cast<std::uint64_t>(d.count()) : 0;
    bump(buckets_[bucket_of(ns)]);
    if (forget_.load(std::memory_order_relaxed) || ns > max_.load(std::memory_order_relaxed))
      slowest_is(ns, frame);
  }

  Distribution distribution() const;
  // The sum of several, for the replicas of one stage.
  void add_to(Histogram& sum) const;
  // From the next frame on, `max` and `slowest` are of what comes from there.
  void forget_max() { forget_ = true; }

 private:
  static constexpr int kParts = 16;   // of each power of two
  static constexpr int kPowers = 42;  // up to 2^42 ns, more than an hour
  static constexpr std::size_t kBuckets = static_cast<std::size_t>(kParts * kPowers);

  static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < kParts) return static_cast<std::size_t>(ns);
    const int power = static_cast<int>(std::bit_width(ns)) - 5;  // ns >> power is in 16..31
    const auto bucket =
        static_cast<std::size_t>(power + 1) * kParts + ((ns >> power) & (kParts - 1));
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static std::uint64_t middle_of(std::size_t bucket);
  friend Distribution;
  void slowest_is(std::uint64_t ns, const Frame& frame);
  // A load and a store, not a locked addition: only one thread writes.
  static void bump(std::atomic<std::uint64_t>& n, std::uint64_t by = 1) {
    n.store(n.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  // New maxima are rare: what goes with one may take a lock.
  std::atomic<std::uint64_t> max_{0};
  std::atomic<bool> forget_{true};
  mutable std::mutex slowest_mutex_;
  Distribution::Slowest slowest_;
};

}  // namespace sluice
