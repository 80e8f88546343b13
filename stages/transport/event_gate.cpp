#include "transport/event_gate.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

void EventGate::Bucket::fill(SteadyTime now) {
  tokens_ = std::min(rate_.burst, tokens_ + rate_.per_s * seconds(now - since_));
  since_ = now;
}

bool EventGate::Bucket::take(SteadyTime now) {
  fill(now);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

bool EventGate::Bucket::full(SteadyTime now) {
  fill(now);
  return tokens_ >= rate_.burst;
}

EventGate::Of& EventGate::of(const std::string& who, SteadyTime now) {
  const auto known = each_.find(who);
  if (known != each_.end()) return known->second;
  return each_.try_emplace(each_.size() < kMost ? who : std::string("others"), Of{{kEach, now}})
      .first->second;
}

bool EventGate::passes(const std::string& who, SteadyTime now) {
  if (!all_) all_.emplace(kAll, now);
  auto& own = of(who, now);
  if (own.bucket.take(now)) {
    if (all_->take(now)) return true;
    own.bucket.put_back();
  }
  ++own.held_back;
  return false;
}

std::vector<EventGate::HeldBack> EventGate::take_held_back(SteadyTime now) {
  std::vector<HeldBack> held_back;
  for (auto it = each_.begin(); it != each_.end();) {
    auto& [who, own] = *it;
    if (own.held_back > 0) held_back.push_back({who, std::exchange(own.held_back, 0)});
    // Who has been quiet for long enough is forgotten.
    it = own.bucket.full(now) ? each_.erase(it) : std::next(it);
  }
  return held_back;
}

}  // namespace sluice
