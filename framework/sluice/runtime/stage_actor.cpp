#include <exception>
#include <sluice/runtime/stage_actor.hpp>
#include <sluice/runtime/stage_state.hpp>
#include <thread>

namespace sluice {
namespace {

// From the stage's own thread: start() has returned; the thread's last act, with what was thrown.
using up_atom = caf::atom_constant<caf::atom("up")>;
using over_atom = caf::atom_constant<caf::atom("over")>;

// What an exception says, for any exception: plugins may throw what they like.
std::string text_of(const std::exception_ptr& error) {
  std::string text;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) {
    text = "it threw something that is not a std::exception";
  }
  return text.empty() ? "it failed without a reason" : text;
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
  StageState state = StageState::resting;
  std::uint64_t made = 0;  // how often; a tick is of one of these
};

using Self = caf::stateful_actor<State>;

void handle(Self* self, StageMessage message, const std::string& why = {});

// All of it within the thread, so that a slow start() keeps nobody else's thread, and can be told
// to come to an end.
void run_in_thread(const caf::actor& actor, Loop& loop) {
  std::string why;
  try {
    loop.make();
    caf::anon_send(actor, up_atom::value);
    loop.loop();
  } catch (...) {  // told to the supervisor
    why = text_of(std::current_exception());
  }
  caf::anon_send(actor, over_atom::value, why);
}

void tick_later(Self* self) {
  const auto tick = self->state.replica->run().plan.type->tick;
  if (tick.count() > 0) self->delayed_send(self, tick, tick_atom::value, self->state.made);
}

void make(Self* self) {
  auto& s = self->state;
  ++s.made;
  try {
    if (s.loop) {  // tells by itself how that goes
      s.thread = std::thread([loop = s.loop, actor = caf::actor_cast<caf::actor>(self)] {
        run_in_thread(actor, *loop);
      });
      return;
    }
    s.replica->make();
  } catch (...) {  // told to the supervisor
    return handle(self, StageMessage::failed, text_of(std::current_exception()));
  }
  handle(self, StageMessage::started);
  tick_later(self);
  self->send(self, wake_atom::value);
}

// Does what the table says of this message.
void handle(Self* self, StageMessage message, const std::string& why) {
  auto& s = self->state;
  const auto [next, action] = step(s.state, message, s.loop != nullptr);
  s.state = next;
  switch (action) {
    case StageAction::none:
      break;
    case StageAction::make:
      make(self);
      break;
    case StageAction::tell_started:
      self->send(s.supervisor, started_atom::value, s.index);
      break;
    case StageAction::fail:
      s.replica->destroy();
      self->send(s.supervisor, failed_atom::value, s.index, why);
      break;
    case StageAction::close:
      s.loop->abandon(cause::stage_down);
      break;
    case StageAction::end:
      s.replica->destroy();
      // A stage may end before what feeds it does: nobody shall wait for it.
      s.replica->abandon(message == StageMessage::give_up ? cause::stage_down : cause::stage_ended);
      s.replica->let_go_of_parked();
      s.replica->end_outputs();
      self->send(s.supervisor, ended_atom::value, s.index);
      break;
  }
}

template <class Work>
void guarded(Self* self, Work work) {
  if (self->state.state != StageState::running) return;
  try {
    work();
  } catch (...) {  // told to the supervisor
    handle(self, StageMessage::failed, text_of(std::current_exception()));
  }
}

void pump(Self* self) {
  switch (self->state.pump->pump()) {
    case Pump::Progress::more:
      self->send(self, wake_atom::value);
      break;
    case Pump::Progress::ended:
      handle(self, StageMessage::finished);
      break;
    case Pump::Progress::idle:
    case Pump::Progress::stalled:
      break;
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
      [self](start_atom) { handle(self, StageMessage::start); },
      [self](give_up_atom) { handle(self, StageMessage::give_up); },
      [self](wake_atom) { guarded(self, [self] { pump(self); }); },
      [self](tick_atom, std::uint64_t made) {
        if (made != self->state.made) return;
        guarded(self, [self] {
          self->state.pump->tick();
          tick_later(self);
        });
      },
      [self](up_atom) { handle(self, StageMessage::started); },
      [self](over_atom, const std::string& why) {
        self->state.thread.join();  // this was its last act
        handle(self, why.empty() ? StageMessage::finished : StageMessage::failed, why);
      },
  };
}

}  // namespace

caf::actor spawn_stage_actor(caf::actor_system& system, Replica& replica, std::size_t index,
                             caf::actor supervisor) {
  // A plugin's stage has a thread of its own: where its code never returns, the others have theirs.
  const bool foreign = !replica.run().plan.type->plugin.empty();
  auto actor = foreign ? system.spawn<caf::detached>(behavior, &replica, index, supervisor)
                       : system.spawn(behavior, &replica, index, supervisor);
  // A pump is woken through its actor; a loop has a thread that waits for itself.
  if (dynamic_cast<Pump*>(&replica))
    replica.on_wake([actor] { caf::anon_send(actor, wake_atom::value); });
  return actor;
}

}  // namespace sluice
