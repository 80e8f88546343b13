#include <algorithm>
#include <sluice/observe/histogram.hpp>

namespace sluice {

std::uint64_t Histogram::middle_of(std::size_t bucket) {
  if (bucket < kParts) return bucket;
  const auto power = bucket / kParts - 1;
  const std::uint64_t low = (kParts + bucket % kParts) << power;
  return low + (std::uint64_t{1} << power) / 2;
}

Percentiles Histogram::percentiles() const {
  // Counts may grow while they are read: take them once, so that they add up.
  std::array<std::uint64_t, kBuckets> counts{};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kBuckets; ++i)
    total += counts[i] = buckets_[i].load(std::memory_order_relaxed);
  Percentiles p;
  p.count = total;
  if (total == 0) return p;
  const std::uint64_t max = max_.load(std::memory_order_relaxed);
  const auto at = [&](double share) {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total - 1));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i)
      if ((seen += counts[i]) > rank) return static_cast<double>(std::min(middle_of(i), max)) / 1e6;
    return static_cast<double>(max) / 1e6;
  };
  p.p50 = at(0.50);
  p.p90 = at(0.90);
  p.p99 = at(0.99);
  p.max = static_cast<double>(max) / 1e6;
  return p;
}

void Histogram::add_to(Histogram& sum) const {
  for (std::size_t i = 0; i < kBuckets; ++i)
    bump(sum.buckets_[i], buckets_[i].load(std::memory_order_relaxed));
  const auto max = max_.load(std::memory_order_relaxed);
  if (max > sum.max_.load(std::memory_order_relaxed))
    sum.max_.store(max, std::memory_order_relaxed);
}

}  // namespace sluice
