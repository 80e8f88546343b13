#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <caf/all.hpp>
#include <deque>
#include <optional>
#include <set>
#include <sluice/graph/units.hpp>
#include <sluice/runtime/stage_actor.hpp>
#include <sluice/runtime/supervisor.hpp>
#include <thread>

namespace sluice {
namespace {

using begin_atom = caf::atom_constant<caf::atom("begin")>;
using late_atom = caf::atom_constant<caf::atom("late")>;   // it should have started by now
using go_on_atom = caf::atom_constant<caf::atom("goon")>;  // without waiting for it
using restart_atom = caf::atom_constant<caf::atom("restart")>;
using watch_atom = caf::atom_constant<caf::atom("watch")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;
using listeners_atom = caf::atom_constant<caf::atom("listeners")>;  // now they stop too
using drained_atom = caf::atom_constant<caf::atom("drainover")>;
using hung_atom = caf::atom_constant<caf::atom("hung")>;

// The others wait for an optional stage for so long only.
constexpr Duration kOptionalStartLimit = std::chrono::seconds(1);
constexpr Duration kFirstBackoff = std::chrono::milliseconds(100);
constexpr Duration kLongestBackoff = std::chrono::seconds(5);
// After the time for draining: what has not ended by then hangs in code that can't be interrupted.
constexpr Duration kGrace = std::chrono::milliseconds(800);

struct Unit {
  enum class Phase {
    idle,      // it has not been started yet
    starting,  // told to, for the first time or again
    up,
    down,  // failed, and waiting for its restart
    ended,
  };

  Replica* replica = nullptr;
  caf::actor actor;
  Phase phase = Phase::idle;
  std::uint64_t starts = 0;
  bool was_up = false;
  bool waited_for = true;        // until it is up at first, or is known not to be
  bool hears = false;            // an event hearer, which also hears the supervisor
  bool behind_listener = false;  // a listening source, or fed by one
  bool leaf = false;             // nothing is behind it: what the graph is there for
  bool gave_up = false;          // and so has ended, but not as one that has done what it was for
  std::deque<SteadyTime> failures;
  std::optional<SteadyTime> busy_since;  // as it was at the last look
  bool stuck = false;                    // and has been told of

  const StagePlan& plan() const { return replica->run().plan; }
  bool ended() const { return phase == Phase::ended; }
  bool is_loop() const { return plan().type->loops; }
  bool is_source() const { return plan().type->is_source(); }

  // Whether those that feed it may have to wait for room in its mailbox.
  void let_wait(bool so) const {
    if (const auto& inbox = replica->run().inbox)
      inbox->worker(replica->worker()).nobody_waits(!so);
  }
};

}  // namespace

struct Supervisor::Actors {
  Settings settings;
  std::vector<Unit> units;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::actor supervisor;
  std::atomic<bool> hangs{false};

  // --- the supervisor actor's own; touched by it alone
  using Self = caf::event_based_actor;
  std::size_t to_start = 0;  // units before this one are idle
  bool stopping = false;
  bool listeners_stopped = false;
  bool over = false;
  bool hearers_closed = false;
  std::string failure;

  void raise(std::string name, const Unit& unit, std::string_view why) {
    Event event{std::move(name), {}, {{"about", unit.plan().name}}};
    if (!why.empty()) event.details.emplace_back("reason", std::string(why));
    event.stage = unit.plan().name;
    event.time = unit.replica->run().environment.clock.utc();
    settings.on_event(event);
    // Whoever hears what a stage tells hears of its failure, too: what it told may not hold any
    // more.
    const auto& by_link = unit.replica->run().outputs.events;
    std::set<Inbox*> hearers(by_link.begin(), by_link.end());
    for (auto& u : units)
      if (u.hears && !u.ended()) hearers.insert(u.replica->run().inbox.get());
    for (auto* inbox : hearers) inbox->push(event);
  }

  void begin(Self* self) {
    to_start = units.size();
    // An accessory that isn't there is waited for by nobody.
    for (const auto& unit : units)
      if (unit.plan().optional) unit.let_wait(false);
    self->delayed_send(self, settings.stuck_after, watch_atom::value);
    start_next(self);
  }

  void start_next(Self* self) {
    if (stopping) return;
    if (to_start == 0) return settings.on_up();
    const std::size_t index = --to_start;
    start(self, index);
    if (units[index].plan().optional)
      self->delayed_send(self, kOptionalStartLimit, go_on_atom::value, index);
  }

  void start(Self* self, std::size_t index) {
    auto& unit = units[index];
    unit.phase = Unit::Phase::starting;
    ++unit.starts;
    self->send(unit.actor, start_atom::value);
    self->delayed_send(self, settings.start_limit, late_atom::value, index, unit.starts);
  }

  void started(Self* self, std::size_t index) {
    auto& unit = units[index];
    if (unit.phase != Unit::Phase::starting) return;
    unit.phase = Unit::Phase::up;
    unit.let_wait(true);
    if (!std::exchange(unit.was_up, true)) return go_on(self, unit);
    unit.replica->count_restart();
    raise("stage.restarted", unit, {});
  }

  // The others have waited for this one; once.
  void go_on(Self* self, Unit& unit) {
    if (std::exchange(unit.waited_for, false)) start_next(self);
  }

  // Of its start number so many. The first one, of a stage that the graph needs, is the graph's;
  // else nobody waits for it any more, should it ever come.
  void late(Self* self, std::size_t index, std::uint64_t starts) {
    auto& unit = units[index];
    if (unit.starts != starts || unit.phase != Unit::Phase::starting) return;
    const auto why =
        fmt::format("it did not start within {}", format_duration(settings.start_limit));
    if (!unit.was_up && !unit.plan().optional) return cannot_start(self, unit, why);
    unit.let_wait(false);
    log_line(LogLevel::error, unit.plan().name, why);
    raise("stage.stuck", unit, why);
  }

  // Of a graph that was told to stop meanwhile, nobody asks for that any more.
  void cannot_start(Self* self, const Unit& unit, const std::string& why) {
    if (!stopping && failure.empty())
      failure = fmt::format("stage '{}': {}", unit.plan().name, why);
    stop(self);
  }

  void failed(Self* self, std::size_t index, const std::string& why) {
    auto& unit = units[index];
    if (unit.ended()) return;
    unit.phase = Unit::Phase::down;
    const bool optional = unit.plan().optional;
    if (optional) {
      unit.let_wait(false);
      go_on(self, unit);
    }
    const auto& rules = unit.plan().restart;
    const auto now = SteadyTime(std::chrono::steady_clock::now());
    unit.failures.push_back(now);
    while (now - unit.failures.front() > rules.within) unit.failures.pop_front();
    raise("stage.failed", unit, why);
    if (!unit.was_up && !optional) {
      self->send(unit.actor, give_up_atom::value);
      return cannot_start(self, unit, why);
    }
    const int failures = static_cast<int>(unit.failures.size());
    if (!rules.on_failure || failures > rules.at_most || stopping) return give_up(self, unit, why);
    const auto backoff =
        std::min(kLongestBackoff, kFirstBackoff * (1 << std::min(failures - 1, 10)));
    log_line(LogLevel::warning, unit.plan().name,
             fmt::format("failed: {}; restart {} of {} in {}", why, failures, rules.at_most,
                         format_duration(backoff)));
    self->delayed_send(self, backoff, restart_atom::value, index);
  }

  void give_up(Self* self, Unit& unit, const std::string& why) {
    const bool optional = unit.plan().optional;
    log_line(
        LogLevel::error, unit.plan().name,
        fmt::format("has given up: {}{}", why, optional ? "; the graph goes on without it" : ""));
    raise("stage.gave_up", unit, why);
    unit.gave_up = true;
    self->send(unit.actor, give_up_atom::value);
    if (optional || stopping) return;
    if (failure.empty())
      failure = fmt::format("stage '{}' has given up: {}", unit.plan().name, why);
    stop(self);
  }

  void restart(Self* self, std::size_t index) {
    auto& unit = units[index];
    if (unit.phase == Unit::Phase::down) start(self, index);
  }

  // Sources first, so that what is under way still arrives; those that listen for others only when
  // all else is drained, as a sender in this very graph may be talking to them. What isn't up and
  // brings nothing is not waited for.
  void stop(Self* self) {
    if (std::exchange(stopping, true)) return;
    for (auto& unit : units) {
      const bool away = unit.phase == Unit::Phase::down && unit.is_source();
      if (unit.phase == Unit::Phase::idle || away) {
        self->send(unit.actor, give_up_atom::value);
      } else if (unit.is_source() &&
                 (!unit.plan().type->listens || unit.phase == Unit::Phase::starting)) {
        stop_loop(unit);
      }
    }
    self->delayed_send(self, settings.drain / 2, listeners_atom::value);
    self->delayed_send(self, settings.drain, drained_atom::value);
    look(self);
  }

  static void stop_loop(Unit& unit) {
    if (auto* loop = dynamic_cast<Loop*>(unit.replica)) loop->stop();
  }

  void stop_listeners() {
    if (!stopping || std::exchange(listeners_stopped, true)) return;
    for (auto& unit : units)
      if (unit.plan().type->listens) stop_loop(unit);
  }

  // Time is up: what is still queued is dropped.
  void drained(Self* self) {
    stop_listeners();
    for (auto& unit : units) {
      if (unit.ended()) continue;
      unit.replica->abandon(cause::shutdown);
      if (unit.phase != Unit::Phase::up) self->send(unit.actor, give_up_atom::value);
    }
    self->delayed_send(self, kGrace, hung_atom::value);
  }

  // A stage that is still in its start() has done nothing that could be lost: it is left behind
  // without a word.
  void hung() {
    std::string names;
    for (const auto& unit : units) {
      if (unit.ended()) continue;
      hangs = true;
      // One that is given its frames, and isn't at work, only waits for those before it to end.
      const bool at_work = unit.is_loop() || unit.replica->busy_since();
      if (unit.phase != Unit::Phase::starting && at_work)
        names += (names.empty() ? "" : ", ") + unit.plan().name;
    }
    if (!hangs || over) return;
    if (failure.empty() && !names.empty()) failure = fmt::format("did not stop in time: {}", names);
    finish();
  }

  void ended(Self* self, std::size_t index) {
    units[index].phase = Unit::Phase::ended;
    look(self);
  }

  // Which step is due, now that a unit has ended or the graph is to stop.
  void look(Self* self) {
    const auto all = [this](auto&& holds) {
      return std::all_of(units.begin(), units.end(), holds);
    };
    if (all([](const Unit& u) { return u.ended(); })) return finish();
    // A window that was closed, or the like: sources go on in vain. But a page that has given up
    // for want of a port is no reason to stop: what feeds it goes on without it.
    const bool some_done = std::any_of(units.begin(), units.end(), [](const Unit& u) {
      return u.leaf && u.ended() && !u.gave_up;
    });
    if (some_done && all([](const Unit& u) { return u.ended() || !u.leaf; })) stop(self);
    if (all([](const Unit& u) { return u.ended() || u.behind_listener; })) stop_listeners();
    if (all([](const Unit& u) { return u.ended() || u.hears; })) close_hearers();
  }

  void close_hearers() {
    if (std::exchange(hearers_closed, true)) return;
    for (auto& unit : units)
      if (unit.hears && unit.replica->worker() == 0) unit.replica->run().inbox->producer_ended();
  }

  void finish() {
    if (!std::exchange(over, true)) settings.on_over(failure);
  }

  // Finds stages whose code does not return. They can't be interrupted, but nobody waits for them.
  void watch(Self* self) {
    self->delayed_send(self, settings.stuck_after, watch_atom::value);
    for (auto& unit : units) {
      const auto since = unit.replica->busy_since();
      const bool stuck = since && since == unit.busy_since;
      unit.busy_since = since;
      if (stuck == std::exchange(unit.stuck, stuck)) continue;
      unit.let_wait(!stuck && (unit.phase == Unit::Phase::up || !unit.plan().optional));
      if (!stuck) continue;
      const auto why = fmt::format(
          "its code has not returned for {}; what finds no room before it is dropped meanwhile",
          format_duration(settings.stuck_after));
      log_line(LogLevel::error, unit.plan().name, why);
      raise("stage.stuck", unit, why);
    }
  }

  caf::behavior behavior(Self* self) {
    self->set_default_handler(caf::drop);
    return {
        [this, self](begin_atom) { begin(self); },
        [this, self](started_atom, std::size_t index) { started(self, index); },
        [this, self](go_on_atom, std::size_t index) { go_on(self, units[index]); },
        [this, self](late_atom, std::size_t index, std::uint64_t starts) {
          late(self, index, starts);
        },
        [this, self](failed_atom, std::size_t index, const std::string& why) {
          failed(self, index, why);
        },
        [this, self](ended_atom, std::size_t index) { ended(self, index); },
        [this, self](restart_atom, std::size_t index) { restart(self, index); },
        [this, self](watch_atom) { watch(self); },
        [this, self](stop_atom) { stop(self); },
        [this](listeners_atom) { stop_listeners(); },
        [this, self](drained_atom) { drained(self); },
        [this](hung_atom) { hung(); },
    };
  }
};

Supervisor::Supervisor(std::vector<Replica*> replicas, Settings settings)
    : actors_(std::make_unique<Actors>()) {
  auto& a = *actors_;
  a.settings = std::move(settings);
  // Measured: `stealing` polls and costs a hundred times the CPU at camera rates.
  a.config.set("scheduler.policy", caf::atom("sharing"));
  a.config.set("scheduler.max-threads",
               static_cast<int64_t>(std::max(2U, std::thread::hardware_concurrency())));
  a.system = std::make_unique<caf::actor_system>(a.config);
  std::set<const Inbox*> from_listeners;
  for (auto* replica : replicas) {
    Unit unit;
    unit.replica = replica;
    const auto& run = replica->run();
    const auto* type = run.plan.type;
    unit.hears = type->hears_all && run.inbox;
    unit.behind_listener = type->listens || from_listeners.count(run.inbox.get()) > 0;
    if (unit.behind_listener) {
      for (const auto& output : run.outputs.frames)
        for (const auto& link : output.links) from_listeners.insert(link.to);
      from_listeners.insert(run.outputs.events.begin(), run.outputs.events.end());
    }
    unit.leaf = !unit.hears && std::all_of(run.outputs.frames.begin(), run.outputs.frames.end(),
                                           [](const Output& o) { return o.links.empty(); });
    if (unit.hears && replica->worker() == 0) run.inbox->add_producer();
    a.units.push_back(std::move(unit));
  }
  // Detached: control never waits for a worker thread that is busy with frames.
  // With an argument: for a function that takes none, CAF 0.17 refers to a tuple that isn't there.
  a.supervisor = a.system->spawn<caf::detached>(
      [](caf::event_based_actor* self, Actors* actors) { return actors->behavior(self); }, &a);
  for (std::size_t i = 0; i < a.units.size(); ++i)
    a.units[i].actor = spawn_stage_actor(*a.system, *a.units[i].replica, i, a.supervisor);
}

void Supervisor::start() { caf::anon_send(actors_->supervisor, begin_atom::value); }

void Supervisor::stop() { caf::anon_send(actors_->supervisor, stop_atom::value); }

bool Supervisor::hangs() const { return actors_->hangs; }

Supervisor::~Supervisor() {
  auto& a = *actors_;
  for (auto& unit : a.units) unit.replica->abandon(cause::shutdown);
  for (auto& unit : a.units) caf::anon_send_exit(unit.actor, caf::exit_reason::kill);
  caf::anon_send_exit(a.supervisor, caf::exit_reason::kill);
  a.system->await_all_actors_done();
  for (auto& unit : a.units) {
    // The wakers hold the actors; they must go before the actor system does.
    unit.replica->on_wake([] {});
    unit.actor = nullptr;
  }
  a.supervisor = nullptr;
}

}  // namespace sluice
