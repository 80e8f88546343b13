// The frames that a gate holds back of one source, in case that an event is about them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <sluice/media/frame.hpp>
#include <sluice/media/time.hpp>
#include <utility>

namespace sluice {

// How far two capture times are from each other, in either direction: a camera's clock may be set
// back. A peer's times may be anything, so what doesn't fit is the longest duration.
inline Duration apart(UtcTime a, UtcTime b) {
  Duration::rep gap = 0;
  const auto [early, late] = std::minmax(a, b);
  if (__builtin_sub_overflow(late.time_since_epoch().count(), early.time_since_epoch().count(),
                             &gap))
    return Duration::max();
  return Duration(gap);
}

class Held {
 public:
  bool empty() const { return frames_.empty(); }

  void push(FramePtr frame) {
    bytes_ += frame->bytes();
    frames_.push_back(std::move(frame));
  }

  FramePtr pop() {
    FramePtr oldest = std::move(frames_.front());
    frames_.pop_front();
    bytes_ -= oldest->bytes();
    return oldest;
  }

  std::size_t frames() const { return frames_.size(); }
  std::size_t bytes() const { return bytes_; }
  // From the oldest's capture to the newest's.
  Duration span() const {
    return empty() ? Duration::zero() : apart(frames_.back()->captured, frames_.front()->captured);
  }

 private:
  std::deque<FramePtr> frames_;  // oldest first
  std::size_t bytes_ = 0;        // of them
};

}  // namespace sluice
