// How many frames may be under way to a hub at once.
#pragma once

#include <algorithm>
#include <optional>
#include <sluice/media/time.hpp>

namespace sluice {

// On a link that is too thin for the frames, every frame under way waits for those before it, and
// gets old there. So the window closes as long as replies take 200 ms more than they would for a
// frame alone, and opens again, up to its limit, when they don't. With a frame under way the link
// is in use; more only hide the time that a reply travels.
class Window {
 public:
  explicit Window(int limit) : limit_(limit), size_(limit) {}

  std::size_t size() const { return static_cast<std::size_t>(size_); }

  // `alone`: nothing else was under way when the frame left.
  void replied(Duration took, bool alone) {
    if (alone || !quickest_ || took < *quickest_) quickest_ = took;
    const Duration waited = took - *quickest_;
    if (waited > std::chrono::milliseconds(200))
      size_ = std::max(1, size_ - 1);
    else if (waited < std::chrono::milliseconds(100))
      size_ = std::min(limit_, size_ + 1);
  }

 private:
  const int limit_;
  int size_;
  std::optional<Duration> quickest_;
};

}  // namespace sluice
