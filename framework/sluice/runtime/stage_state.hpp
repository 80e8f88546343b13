// The life of one replica, as a table: in which state it is, and what each message makes of that.
// Pure; the actor in front of the replica does what the table says.
#pragma once

#include <cstdint>

namespace sluice {

enum class StageState : std::uint8_t {
  resting,   // not started yet, or failed and waiting to be started anew
  starting,  // the stage's start() runs
  running,
  closing,  // given up while its thread is at work, and told to return: waits for that
  ended,    // for good
};

enum class StageMessage : std::uint8_t {
  start,     // from the supervisor
  give_up,   // the same: it is not started any more
  started,   // start() has returned
  failed,    // start(), or what came after, has thrown
  finished,  // all is done: run() has returned, or nothing is left and nothing will come
};

enum class StageAction : std::uint8_t {
  none,
  make,          // a stage object, and start it
  tell_started,  // the supervisor
  fail,          // take it down, and tell the supervisor why
  close,         // tell its thread to return
  end,           // take it down, and tell those behind it and the supervisor
};

struct StageStep {
  StageState next;
  StageAction action;
  friend bool operator==(const StageStep&, const StageStep&) = default;
};

// `threaded`: the stage works in a thread of its own, so it can't be taken down at once.
constexpr StageStep step(StageState state, StageMessage message, bool threaded) {
  using S = StageState;
  using M = StageMessage;
  using A = StageAction;
  switch (state) {
    case S::resting:
      if (message == M::start) return {S::starting, A::make};
      if (message == M::give_up) return {S::ended, A::end};
      break;
    case S::starting:
      if (message == M::started) return {S::running, A::tell_started};
      if (message == M::failed) return {S::resting, A::fail};
      if (message == M::finished) return {S::ended, A::end};
      if (message == M::give_up)
        return threaded ? StageStep{S::closing, A::close} : StageStep{S::ended, A::end};
      break;
    case S::running:
      if (message == M::failed) return {S::resting, A::fail};
      if (message == M::finished) return {S::ended, A::end};
      if (message == M::give_up)
        return threaded ? StageStep{S::closing, A::close} : StageStep{S::ended, A::end};
      break;
    case S::closing:
      // However it ended: it was not wanted any more.
      if (message == M::failed || message == M::finished) return {S::ended, A::end};
      break;
    case S::ended:
      break;
  }
  return {state, A::none};
}

}  // namespace sluice
