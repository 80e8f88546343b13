// Looking at the frames that leave a stage, while somebody wants to see them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <sluice/media/frame.hpp>
#include <vector>

namespace sluice {

// Called by the stage's thread with each frame: be quick, and throw nothing.
using Look = std::function<void(const FramePtr&)>;

// Of one output. While nobody looks, a frame costs a load of an atomic here.
class TapPoint {
 public:
  void pass(const FramePtr& frame) const {
    if (looked_at_.load(std::memory_order_relaxed)) show(frame);
  }

  void add(const std::shared_ptr<const Look>& look);
  void remove(const std::shared_ptr<const Look>& look);

 private:
  using Looks = std::vector<std::shared_ptr<const Look>>;
  void show(const FramePtr& frame) const;

  std::atomic<bool> looked_at_{false};
  mutable std::mutex mutex_;  // of the pointer only: no Look is called under it
  std::shared_ptr<const Looks> looks_ = std::make_shared<Looks>();
};

// Looks as long as it lives. A frame under way when it ends may still be shown: what the Look
// refers to, it must own. Must not outlive the engine.
class Tap {
 public:
  Tap(TapPoint& point, Look look);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

 private:
  TapPoint& point_;
  const std::shared_ptr<const Look> look_;
};

}  // namespace sluice
