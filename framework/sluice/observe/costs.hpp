// What a stage has used, besides time: CPU and memory asked for.
#pragma once

#include <atomic>
#include <cstdint>
#include <sluice/media/time.hpp>

namespace sluice {

struct Costs {
  Duration cpu{};
  std::uint64_t allocations = 0;
};

// Since the thread began. The CPU time costs a system call.
Costs costs_of_this_thread();

// How often this thread has asked the C library for memory. Counted by whoever replaces its
// malloc(), as the program `sluice` does, and says so in allocations_counted; else it stays 0.
extern constinit thread_local std::uint64_t allocations_of_this_thread;
extern std::atomic<bool> allocations_counted;

// One thread at a time adds, any thread reads.
class CostBook {
 public:
  // Adds what this thread has used since `before`, and returns what it has used by now.
  Costs add_since(const Costs& before);
  Costs read() const {
    return {Duration(cpu_ns_.load(std::memory_order_relaxed)),
            allocations_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<Duration::rep> cpu_ns_{0};
  std::atomic<std::uint64_t> allocations_{0};
};

}  // namespace sluice
