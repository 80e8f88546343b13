// What tests share with the stages of test_stages.cpp: gates that a test opens, and books that it
// reads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace test {

class Gate {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  bool is_open() const {
    const std::lock_guard lock(mutex_);
    return open_;
  }
  // Counts those that wait; for at most a minute, so that a failing test ends.
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.wait_for(lock, std::chrono::minutes(1), [this] { return open_; });
    --waiting_;
  }
  int waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

  void write(const std::string& name, std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(name, number);
  }
  std::vector<std::pair<std::string, std::uint64_t>> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::size_t count(const std::string& name) const {
    std::size_t n = 0;
    for (const auto& [line, number] : lines()) n += line == name ? 1 : 0;
    return n;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
  std::vector<std::pair<std::string, std::uint64_t>> lines_;
};

// By name, made when first asked for.
Gate& gate(const std::string& name);

// A fixture: every test finds its gates closed and its books empty.
struct FreshGates {
  FreshGates();
};

}  // namespace test
