// What a graph's queues and stages keep of frames, in bytes, against the graph's `memory`.
#pragma once

#include <atomic>
#include <cstddef>

namespace sluice {

// Any thread. A frame that several queues hold counts for each: the sum is never too low.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit) : limit_(limit) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // False: that would be more than the limit, and nothing is taken.
  bool take(std::size_t bytes) {
    const auto before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= limit_) return true;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  // Of what a stage keeps already, whether there is room or not.
  void add(std::size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  // False: stages are to let go of what they keep. A quarter is left for the queues: what a display
  // keeps of strangers' pictures must not cost a camera its frames.
  bool roomy() const { return used() <= limit_ / 4 * 3; }
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t limit() const { return limit_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace sluice
