// A line a second on standard error while a graph runs.
#pragma once

#include <sluice/runtime/engine.hpp>

namespace sluice::app {

// Used by one thread, between the engine's start and its end.
class StatusLines {
 public:
  // `wanted`: false tells nothing.
  StatusLines(const Engine& engine, bool wanted);

  SteadyTime due() const { return due_; }
  void tell_if_due();

 private:
  const Engine& engine_;
  SteadyTime due_ = SteadyTime::max();
  Report before_;
};

}  // namespace sluice::app
