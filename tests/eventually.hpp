// Waiting for what happens in other threads or processes.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace test {

// Waits until that holds, and says whether it did within `limit`: by default a minute, far more
// than any test needs on the slowest machine. Looks more seldom after a while, since looking may
// be a request to the program that is waited for.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::seconds limit = std::chrono::minutes(1)) {
  using namespace std::chrono_literals;
  const auto until = std::chrono::steady_clock::now() + limit;
  for (auto pause = 1ms; !condition(); pause = std::min(2 * pause, 10ms)) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace test
