#include <sluice/runtime/stage_state.hpp>
#include <vector>

#include "catch.hpp"

using namespace sluice;
using S = StageState;
using M = StageMessage;
using A = StageAction;

namespace {

constexpr auto kStates = {S::resting, S::starting, S::running, S::closing, S::ended};
constexpr auto kMessages = {M::start, M::give_up, M::started, M::failed, M::finished};

}  // namespace

TEST_CASE("every state of a stage against every message") {
  struct Row {
    S state;
    M message;
    StageStep alone, threaded;  // called by its actor; in a thread of its own
  };
  const auto both = [](S state, M message, S next, A action) {
    return Row{state, message, {next, action}, {next, action}};
  };
  // All others leave the state as it is, and nothing is done.
  const std::vector<Row> rows{
      both(S::resting, M::start, S::starting, A::make),
      both(S::resting, M::give_up, S::ended, A::end),
      both(S::starting, M::started, S::running, A::tell_started),
      both(S::starting, M::failed, S::resting, A::fail),
      both(S::starting, M::finished, S::ended, A::end),
      {S::starting, M::give_up, {S::ended, A::end}, {S::closing, A::close}},
      both(S::running, M::failed, S::resting, A::fail),
      both(S::running, M::finished, S::ended, A::end),
      {S::running, M::give_up, {S::ended, A::end}, {S::closing, A::close}},
      both(S::closing, M::failed, S::ended, A::end),
      both(S::closing, M::finished, S::ended, A::end),
  };
  for (const auto state : kStates)
    for (const auto message : kMessages) {
      CAPTURE(static_cast<int>(state), static_cast<int>(message));
      StageStep alone{state, A::none}, threaded{state, A::none};
      for (const auto& row : rows)
        if (row.state == state && row.message == message)
          alone = row.alone, threaded = row.threaded;
      CHECK(step(state, message, false) == alone);
      CHECK(step(state, message, true) == threaded);
    }
}

TEST_CASE("whatever comes in whatever order, a stage is made only while it rests and ended once") {
  // All sequences of six messages.
  int wrong = 0;
  for (const bool threaded : {false, true})
    for (int code = 0; code < 5 * 5 * 5 * 5 * 5 * 5; ++code) {
      S state = S::resting;
      int made = 0, taken_down = 0, ended = 0;
      for (int i = 0, rest = code; i < 6; ++i, rest /= 5) {
        const auto [next, action] = step(state, *(kMessages.begin() + rest % 5), threaded);
        if (action == A::make) ++made;
        if (action == A::fail) ++taken_down;
        if (action == A::end) ++ended;
        // A stage object never stands in another's place.
        wrong += made - taken_down > 1 || ended > 1 || (ended > 0 && next != S::ended) ? 1 : 0;
        state = next;
      }
    }
  CHECK(wrong == 0);
}
