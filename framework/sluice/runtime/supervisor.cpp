#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <caf/all.hpp>
#include <deque>
#include <set>
#include <sluice/graph/units.hpp>
#include <sluice/runtime/stage_actor.hpp>
#include <sluice/runtime/supervisor.hpp>
#include <stdexcept>
#include <thread>

namespace sluice {
namespace {

using restart_atom = caf::atom_constant<caf::atom("restart")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;
using listeners_atom = caf::atom_constant<caf::atom("listeners")>;  // now they stop too
using drained_atom = caf::atom_constant<caf::atom("drainover")>;
using hung_atom = caf::atom_constant<caf::atom("hung")>;

constexpr Duration kFirstBackoff = std::chrono::milliseconds(100);
constexpr Duration kLongestBackoff = std::chrono::seconds(5);
// After the time for draining: what has not ended by then hangs in code that can't be interrupted.
constexpr Duration kGrace = std::chrono::seconds(3);

struct Unit {
  Replica* replica = nullptr;
  caf::actor actor;
  bool ended = false;
  bool down = false;             // failed, and waiting for its restart
  bool hears = false;            // an event hearer, which also hears the supervisor
  bool behind_listener = false;  // a listening source, or fed by one
  bool leaf = false;             // nothing is behind it: what the graph is there for
  std::deque<SteadyTime> failures;

  const StagePlan& plan() const { return replica->run().plan; }
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
    for (auto& u : units)
      if (u.hears && !u.ended && u.replica->worker() == 0) u.replica->run().inbox->push(event);
  }

  void failed(caf::event_based_actor* self, std::size_t index, const std::string& why) {
    auto& unit = units[index];
    const auto& rules = unit.plan().restart;
    const auto now = SteadyTime(std::chrono::steady_clock::now());
    unit.failures.push_back(now);
    while (now - unit.failures.front() > rules.within) unit.failures.pop_front();
    raise("stage.failed", unit, why);
    const int failures = static_cast<int>(unit.failures.size());
    if (!rules.on_failure || failures > rules.at_most || stopping) return give_up(self, unit, why);
    const auto backoff =
        std::min(kLongestBackoff, kFirstBackoff * (1 << std::min(failures - 1, 10)));
    log_line(LogLevel::warning, unit.plan().name,
             fmt::format("failed: {}; restart {} of {} in {}", why, failures, rules.at_most,
                         format_duration(backoff)));
    unit.down = true;
    self->delayed_send(self, backoff, restart_atom::value, index);
  }

  void give_up(caf::event_based_actor* self, Unit& unit, const std::string& why) {
    const bool optional = unit.plan().optional;
    log_line(
        LogLevel::error, unit.plan().name,
        fmt::format("has given up: {}{}", why, optional ? "; the graph goes on without it" : ""));
    raise("stage.gave_up", unit, why);
    unit.down = false;
    self->send(unit.actor, give_up_atom::value);
    if (optional || stopping) return;
    if (failure.empty())
      failure = fmt::format("stage '{}' has given up: {}", unit.plan().name, why);
    stop(self);
  }

  void restart(caf::event_based_actor* self, std::size_t index) {
    auto& unit = units[index];
    if (!unit.down) return;
    self->request(unit.actor, caf::infinite, start_atom::value)
        .then([this, self, index](const std::string& why) {
          auto& u = units[index];
          u.down = false;
          if (!why.empty()) return failed(self, index, why);
          u.replica->count_restart();
          raise("stage.restarted", u, {});
        });
  }

  // Sources first, so that what is under way still arrives; those that listen for others only when
  // all else is drained, as a sender in this very graph may be talking to them.
  void stop(caf::event_based_actor* self) {
    if (std::exchange(stopping, true)) return;
    for (auto& unit : units) {
      const auto* type = unit.plan().type;
      if (type->is_source() && !type->listens) stop_loop(unit);
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
  void drained(caf::event_based_actor* self) {
    stop_listeners();
    for (auto& unit : units) {
      if (unit.ended) continue;
      unit.replica->abandon(cause::shutdown);
      if (std::exchange(unit.down, false)) self->send(unit.actor, give_up_atom::value);
    }
    self->delayed_send(self, kGrace, hung_atom::value);
  }

  void hung() {
    std::string names;
    for (const auto& unit : units)
      if (!unit.ended) names += (names.empty() ? "" : ", ") + unit.plan().name;
    if (names.empty() || over) return;
    hangs = true;
    finish(fmt::format("did not stop in time: {}", names));
  }

  void ended(caf::event_based_actor* self, std::size_t index) {
    units[index].ended = true;
    look(self);
  }

  // Which step is due, now that a unit has ended or the graph is to stop.
  void look(caf::event_based_actor* self) {
    const auto all = [this](auto&& holds) {
      return std::all_of(units.begin(), units.end(), holds);
    };
    if (all([](const Unit& u) { return u.ended; })) return finish(failure);
    // A window that was closed, or the like: sources go on in vain.
    if (all([](const Unit& u) { return u.ended || !u.leaf; })) stop(self);
    if (all([](const Unit& u) { return u.ended || u.behind_listener; })) stop_listeners();
    if (all([](const Unit& u) { return u.ended || u.hears; })) close_hearers();
  }

  void close_hearers() {
    if (std::exchange(hearers_closed, true)) return;
    for (auto& unit : units)
      if (unit.hears && unit.replica->worker() == 0) unit.replica->run().inbox->producer_ended();
  }

  void finish(const std::string& with) {
    if (!std::exchange(over, true)) settings.on_over(with);
  }

  caf::behavior behavior(caf::event_based_actor* self) {
    self->set_default_handler(caf::drop);
    return {
        [this, self](failed_atom, std::size_t index, const std::string& why) {
          failed(self, index, why);
        },
        [this, self](ended_atom, std::size_t index) { ended(self, index); },
        [this, self](restart_atom, std::size_t index) { restart(self, index); },
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

void Supervisor::start() {
  auto& a = *actors_;
  caf::scoped_actor self(*a.system);
  for (std::size_t i = a.units.size(); i-- > 0;) {
    auto& unit = a.units[i];
    std::string why;
    self->request(unit.actor, std::chrono::seconds(30), start_atom::value)
        .receive([&](const std::string& error) { why = error; },
                 [&](const caf::error&) { why = "it did not start within 30 s"; });
    if (why.empty()) continue;
    if (!unit.plan().optional)
      throw std::runtime_error(fmt::format("stage '{}': {}", unit.plan().name, why));
    caf::anon_send(a.supervisor, failed_atom::value, i, why);
  }
}

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
