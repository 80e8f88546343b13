#include <algorithm>
#include <cmath>
#include <numeric>
#include <sluice/observe/histogram.hpp>

namespace sluice {

std::uint64_t Histogram::middle_of(std::size_t bucket) {
  if (bucket < kParts) return bucket;
  const auto power = bucket / kParts - 1;
  const std::uint64_t low = (kParts + bucket % kParts) << power;
  return low + (std::uint64_t{1} << power) / 2;
}

double Distribution::at(double share) const {
  if (count == 0) return 0;
  // The least rank that so many of them don't exceed, from 0; 0.99 of 100 is 99, not a hair more.
  const auto rank = static_cast<std::uint64_t>(
      std::max(0.0, std::ceil(share * static_cast<double>(count) - 1e-9) - 1));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i)
    if ((seen += buckets[i]) > rank)
      return std::min(static_cast<double>(Histogram::middle_of(i)) / 1e6, max);
  return max;
}

std::uint64_t Distribution::count_up_to(double ms) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i)
    if (static_cast<double>(Histogram::middle_of(i)) / 1e6 <= ms) sum += buckets[i];
  return sum;
}

Distribution Distribution::since(const Distribution& before) const {
  Distribution d = *this;
  for (std::size_t i = 0; i < std::min(buckets.size(), before.buckets.size()); ++i)
    d.buckets[i] -= before.buckets[i];
  d.summarize();
  return d;
}

void Distribution::summarize() {
  count = std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
  if (count == 0) {
    *this = {};
    return;
  }
  double sum = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i)
    sum += static_cast<double>(buckets[i]) * static_cast<double>(Histogram::middle_of(i)) / 1e6;
  mean = sum / static_cast<double>(count);
  p50 = at(0.50);
  p90 = at(0.90);
  p99 = at(0.99);
  p999 = at(0.999);
}

Distribution Histogram::distribution() const {
  Distribution d;
  // Counts may grow while they are read: take them once, so that they add up.
  d.buckets.resize(kBuckets);
  for (std::size_t i = 0; i < kBuckets; ++i)
    d.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
  while (!d.buckets.empty() && d.buckets.back() == 0) d.buckets.pop_back();
  {
    const std::lock_guard lock(slowest_mutex_);
    d.max = static_cast<double>(max_.load(std::memory_order_relaxed)) / 1e6;
    d.slowest = slowest_;
  }
  d.summarize();
  return d;
}

void Histogram::slowest_is(std::uint64_t ns, const Frame& frame) {
  const std::lock_guard lock(slowest_mutex_);
  if (!forget_.exchange(false) && ns <= max_.load(std::memory_order_relaxed)) return;
  max_.store(ns, std::memory_order_relaxed);
  slowest_.source = frame.source;
  slowest_.sequence = frame.sequence;
}

void Histogram::add_to(Histogram& sum) const {
  for (std::size_t i = 0; i < kBuckets; ++i)
    bump(sum.buckets_[i], buckets_[i].load(std::memory_order_relaxed));
  const std::scoped_lock lock(slowest_mutex_, sum.slowest_mutex_);
  const auto max = max_.load(std::memory_order_relaxed);
  if (forget_ || max < sum.max_.load(std::memory_order_relaxed)) return;
  sum.max_.store(max, std::memory_order_relaxed);
  sum.slowest_ = slowest_;
}

}  // namespace sluice
