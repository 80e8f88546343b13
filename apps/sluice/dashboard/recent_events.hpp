// The newest events of a graph, for whoever comes to look.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <sluice/media/event.hpp>
#include <string>
#include <vector>

namespace sluice::app {

// Any thread.
class RecentEvents {
 public:
  static constexpr std::size_t kMost = 200;

  void add(const Event& event);

  struct Numbered {
    std::uint64_t number;  // from 1, as they came
    Event event;
  };
  // Those that came after the one of this number, oldest first.
  std::vector<Numbered> after(std::uint64_t number) const;

  // Stages that gave up for good.
  std::set<std::string> gave_up() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Numbered> events_;
  std::uint64_t count_ = 0;
  std::set<std::string> gave_up_;
};

}  // namespace sluice::app
