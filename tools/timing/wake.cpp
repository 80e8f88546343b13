// How long it takes on this machine until a thread that slept runs again: no hop between two
// threads can be quicker.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "timing.hpp"

namespace timing {

// RATE SECONDS
int wake(const Arguments& a) {
  using Clock = std::chrono::steady_clock;
  const double rate = std::stod(a[0]);
  const auto wakes = static_cast<std::size_t>(rate * std::stod(a[1]));
  std::mutex mutex;
  std::condition_variable due;
  Clock::time_point called;
  std::size_t calls = 0;  // with `called`, guarded by the mutex
  std::vector<double> took_us;
  std::thread sleeper([&] {
    std::unique_lock lock(mutex);
    while (took_us.size() < wakes) {
      due.wait(lock, [&] { return calls > took_us.size(); });
      took_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - called).count());
    }
  });
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < wakes; ++i) {
    std::this_thread::sleep_until(begin +
                                  std::chrono::duration<double>(static_cast<double>(i + 1) / rate));
    {
      const std::lock_guard lock(mutex);
      ++calls;
      called = Clock::now();
    }
    due.notify_one();
  }
  sleeper.join();
  std::sort(took_us.begin(), took_us.end());
  fmt::print("{{\"p50_us\": {:.1f}, \"p99_us\": {:.1f}}}\n", took_us[wakes / 2],
             took_us[wakes * 99 / 100]);
  return 0;
}

}  // namespace timing
