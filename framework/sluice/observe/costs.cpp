#include <time.h>

#include <sluice/observe/costs.hpp>

namespace sluice {

constinit thread_local std::uint64_t allocations_of_this_thread = 0;
std::atomic<bool> allocations_counted{false};

Costs costs_of_this_thread() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return {std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec),
          allocations_of_this_thread};
}

Costs CostBook::add_since(const Costs& before) {
  const Costs now = costs_of_this_thread();
  cpu_ns_.fetch_add((now.cpu - before.cpu).count(), std::memory_order_relaxed);
  allocations_.fetch_add(now.allocations - before.allocations, std::memory_order_relaxed);
  return now;
}

}  // namespace sluice
