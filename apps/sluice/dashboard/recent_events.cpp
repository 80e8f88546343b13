#include "dashboard/recent_events.hpp"

namespace sluice::app {

void RecentEvents::add(const Event& event) {
  const std::lock_guard lock(mutex_);
  if (event.name == "stage.gave_up") gave_up_.insert(event.stage);
  events_.push_back({++count_, event});
  if (events_.size() > kMost) events_.pop_front();
}

std::vector<RecentEvents::Numbered> RecentEvents::after(std::uint64_t number) const {
  std::vector<Numbered> newer;
  const std::lock_guard lock(mutex_);
  for (const auto& event : events_)
    if (event.number > number) newer.push_back(event);
  return newer;
}

std::set<std::string> RecentEvents::gave_up() const {
  const std::lock_guard lock(mutex_);
  return gave_up_;
}

}  // namespace sluice::app
