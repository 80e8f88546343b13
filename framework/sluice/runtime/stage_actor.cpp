#include <exception>
#include <sluice/runtime/stage_actor.hpp>
#include <thread>

namespace sluice {
namespace {

// What an exception says, for any exception: plugins may throw what they like.
std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "it threw something that is no std::exception";
  }
}

struct State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  // Reached with the thread running only where the whole graph is torn down, the loop told to stop.
  ~State() {
    if (thread.joinable()) thread.join();
  }

  Replica* replica = nullptr;
  Pump* pump = nullptr;  // one of these two
  Loop* loop = nullptr;
  std::thread thread;  // the loop's
  std::size_t index = 0;
  caf::actor supervisor;
  bool up = false;
  bool ended = false;
};

using Self = caf::stateful_actor<State>;

void end(Self* self) {
  auto& s = self->state;
  if (std::exchange(s.ended, true)) return;
  s.up = false;
  s.replica->destroy();
  // A stage may end before what feeds it does: nobody shall wait for it.
  s.replica->abandon(cause::stage_ended);
  s.replica->end_outputs();
  self->send(s.supervisor, ended_atom::value, s.index);
}

void fail(Self* self, const std::string& why) {
  auto& s = self->state;
  s.up = false;
  s.replica->destroy();
  self->send(s.supervisor, failed_atom::value, s.index, why);
}

std::string start(Self* self) {
  auto& s = self->state;
  try {
    s.replica->make();
  } catch (...) {  // told to the supervisor
    const auto why = text_of(std::current_exception());
    s.replica->destroy();
    return why.empty() ? "it could not start" : why;
  }
  s.up = true;
  if (s.loop) {
    s.thread = std::thread([loop = s.loop, actor = caf::actor_cast<caf::actor>(self)] {
      std::string why;
      try {
        loop->loop();
      } catch (...) {  // told to the supervisor
        why = text_of(std::current_exception());
        if (why.empty()) why = "it failed";
      }
      caf::anon_send(actor, over_atom::value, why);
    });
  } else {
    const auto tick = s.replica->run().plan.type->tick;
    if (tick.count() > 0) self->delayed_send(self, tick, tick_atom::value);
    self->send(self, wake_atom::value);
  }
  return {};
}

void pump(Self* self) {
  auto& s = self->state;
  if (!s.up) return;
  try {
    switch (s.pump->pump()) {
      case Pump::Progress::more:
        self->send(self, wake_atom::value);
        break;
      case Pump::Progress::ended:
        end(self);
        break;
      case Pump::Progress::idle:
      case Pump::Progress::stalled:
        break;
    }
  } catch (...) {  // told to the supervisor
    fail(self, text_of(std::current_exception()));
  }
}

caf::behavior behavior(Self* self, Replica* replica, std::size_t index, caf::actor supervisor) {
  auto& s = self->state;
  s.replica = replica;
  s.pump = dynamic_cast<Pump*>(replica);
  s.loop = dynamic_cast<Loop*>(replica);
  s.index = index;
  s.supervisor = std::move(supervisor);
  self->set_default_handler(caf::drop);
  return {
      [self](start_atom) { return start(self); },
      [self](wake_atom) { pump(self); },
      [self](tick_atom) {
        auto& st = self->state;
        if (!st.up) return;
        try {
          st.pump->tick();
          self->delayed_send(self, st.replica->run().plan.type->tick, tick_atom::value);
        } catch (...) {  // told to the supervisor
          fail(self, text_of(std::current_exception()));
        }
      },
      [self](over_atom, const std::string& why) {
        // The thread has sent this as its last act.
        self->state.thread.join();
        if (why.empty()) {
          end(self);
        } else {
          fail(self, why);
        }
      },
      [self](give_up_atom) {
        auto& st = self->state;
        st.replica->abandon(cause::stage_down);
        if (st.pump) st.pump->let_go_of_parked();
        end(self);
      },
  };
}

}  // namespace

caf::actor spawn_stage_actor(caf::actor_system& system, Replica& replica, std::size_t index,
                             caf::actor supervisor) {
  auto actor = system.spawn(behavior, &replica, index, std::move(supervisor));
  // A pump is woken through its actor; a loop has a thread that waits for itself.
  if (dynamic_cast<Pump*>(&replica))
    replica.on_wake([actor] { caf::anon_send(actor, wake_atom::value); });
  return actor;
}

}  // namespace sluice
