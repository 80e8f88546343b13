#include "transport/repeats.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice {
namespace {

bool same_shape(const Frame& a, const Frame& b) {
  if (a.kind() != b.kind()) return false;
  if (!a.image()) return true;
  const cv::Mat &one = a.image()->mat(), &other = b.image()->mat();
  return one.type() == other.type() && one.size == other.size;
}

}  // namespace

bool Repeats::repeats(const Frame& frame) const {
  const auto it = sources_.find(frame.source);
  if (it == sources_.end() || !it->second.newest) return false;
  const Frame& newest = *it->second.newest;
  if (frame.bytes() != newest.bytes() || !same_shape(frame, newest)) return false;
  // Pictures that differ do so in their first bytes, mostly. What came over the wire lies in one
  // piece.
  const auto bytes_of = [](const Frame& f) -> const std::uint8_t* {
    return f.image() ? f.image()->mat().data : f.encoded()->bytes.data();
  };
  return std::memcmp(bytes_of(frame), bytes_of(newest), frame.bytes()) == 0;
}

void Repeats::took(const FramePtr& frame, SteadyTime now) {
  constexpr Duration kLongestGap = 2 * kMostWait;
  if (sources_.size() >= kMostSources && !sources_.contains(frame->source)) {
    forget_pictures();
    sources_.clear();
  }
  const auto [it, is_new] = sources_.try_emplace(frame->source);
  Source& source = it->second;
  if (!is_new) {
    // Sooner down than up: who is asked too seldom shows no smaller gap.
    const Duration gap = std::min(now - source.since, kLongestGap);
    source.gap += (gap - source.gap) / (gap < source.gap ? 2 : 8);
  }
  keep(source, frame);
  source.since = now;
}

SteadyTime Repeats::answer_at(const std::string& source, SteadyTime now) const {
  Duration gap = kMostWait;
  SteadyTime since{};
  for (const auto& [name, s] : sources_) {
    gap = std::min(gap, s.gap);
    since = std::max(since, s.since);
  }
  // Several cameras of one sender wait for each other: all of them together, no longer than one.
  const auto share = static_cast<Duration::rep>(std::max<std::size_t>(1, sources_.size()));
  auto at = now + std::clamp((now - since) / 4, gap / 4, kMostWait) / share;
  // A little before the next is due, so as not to miss it.
  if (share == 1) at = std::max(at, since + sources_.at(source).gap * 7 / 8);
  return std::min(at, now + kMostWait);
}

void Repeats::keep(Source& source, FramePtr newest) {
  if (source.newest) bytes_ -= source.newest->bytes();
  source.newest = std::move(newest);
  if (source.newest) bytes_ += source.newest->bytes();
}

void Repeats::forget(const std::string& source) {
  const auto it = sources_.find(source);
  if (it == sources_.end()) return;
  keep(it->second, nullptr);
  sources_.erase(it);
}

void Repeats::lost(const FramePtr& frame) {
  const auto it = sources_.find(frame->source);
  if (it != sources_.end() && it->second.newest == frame) keep(it->second, nullptr);
}

void Repeats::forget_pictures() {
  for (auto& [name, source] : sources_) keep(source, nullptr);
}

}  // namespace sluice
