#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <opencv2/core/utility.hpp>
#include <optional>
#include <sluice/base/machine_memory.hpp>
#include <sluice/runtime/engine.hpp>
#include <sluice/runtime/supervisor.hpp>
#include <stdexcept>

namespace sluice {
namespace {

std::unique_ptr<Replica> make_replica(StageRun& run, std::size_t worker) {
  if (run.plan.type->loops) return std::make_unique<Loop>(run, worker);
  return std::make_unique<Pump>(run, worker);
}

}  // namespace

struct Engine::Inside {
  Inside(Plan p, EngineOptions o)
      : plan(std::move(p)),
        options(std::move(o)),
        memory(plan.memory > 0 ? plan.memory : memory_of_this_machine() / 4) {
    for (const auto& stage : plan.stages)
      runs.push_back(std::make_unique<StageRun>(stage, environment));
    wire();
    for (auto& run : runs)
      for (int w = 0; w < run->plan.workers; ++w) {
        replicas.push_back(make_replica(*run, static_cast<std::size_t>(w)));
        run->outputs.add_producer();
      }
    std::vector<Replica*> all;
    for (const auto& replica : replicas) all.push_back(replica.get());
    supervisor = std::make_unique<Supervisor>(
        std::move(all),
        Supervisor::Settings{plan.drain, options.stuck_after, options.start_limit,
                             [this](const Event& e) { count(e); }, [this] { be_up(); },
                             [this](std::string why) { end(std::move(why)); }});
  }

  void wire() {
    for (std::size_t i = 0; i < plan.stages.size(); ++i)
      for (const auto& link : plan.stages[i].links) {
        auto& outputs = runs[link.from]->outputs;
        Inbox* inbox = runs[i]->inbox.get();
        if (link.output == kEventsOutput)
          outputs.events.push_back(inbox);
        else
          outputs.frames[link.output].links.push_back(
              {inbox, static_cast<std::uint8_t>(link.input)});
      }
  }

  void count(const Event& event) {
    {
      const std::lock_guard lock(mutex);
      // Names are few, but an external program may raise what it likes.
      constexpr std::size_t kMostNames = 256;
      const bool room = events.size() < kMostNames || events.count(event.name) != 0;
      ++events[room ? event.name : "(others)"];
    }
    if (options.on_event) options.on_event(event);
  }

  void be_up() {
    {
      const std::lock_guard lock(mutex);
      up = true;
    }
    changed.notify_all();
  }

  void end(std::string why) {
    {
      const std::lock_guard lock(mutex);
      failure = std::move(why);
      over = true;
      ended = options.clock->steady();
    }
    changed.notify_all();
    if (options.on_over) options.on_over();
  }

  StageReport report_of(const StageRun& run) const;

  const Plan plan;
  const EngineOptions options;
  MemoryBudget memory;
  const Environment environment{*options.clock, options.timed, options.traced,
                                [this](const Event& e) { count(e); }, memory};
  std::vector<std::unique_ptr<StageRun>> runs;
  std::vector<std::unique_ptr<Replica>> replicas;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::optional<SteadyTime> started;
  SteadyTime ended{};
  bool up = false;
  bool over = false;
  std::string failure;
  std::map<std::string, std::uint64_t> events;

  std::unique_ptr<Supervisor> supervisor;  // last: it goes first
};

Engine::Engine(Plan plan, EngineOptions options) {
  // The graph's workers share the cores; OpenCV's own threads would only get in their way.
  cv::setNumThreads(1);
  inside_ = std::make_unique<Inside>(std::move(plan), std::move(options));
}

Engine::~Engine() = default;

void Engine::begin() {
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->started = inside_->options.clock->steady();
  }
  inside_->supervisor->start();
}

void Engine::start() {
  begin();
  std::unique_lock lock(inside_->mutex);
  inside_->changed.wait(lock, [this] { return inside_->up || inside_->over; });
  if (!inside_->up && !inside_->failure.empty()) throw std::runtime_error(inside_->failure);
}

bool Engine::is_up() const {
  const std::lock_guard lock(inside_->mutex);
  return inside_->up;
}

void Engine::stop() { inside_->supervisor->stop(); }

bool Engine::wait(Duration limit) const {
  std::unique_lock lock(inside_->mutex);
  return inside_->changed.wait_for(lock, limit, [this] { return inside_->over; });
}

std::string Engine::failure() const {
  const std::lock_guard lock(inside_->mutex);
  return inside_->failure;
}

bool Engine::hangs() const { return inside_->supervisor->hangs(); }

StageReport Engine::Inside::report_of(const StageRun& run) const {
  StageReport r;
  const SteadyTime now = options.clock->steady();
  r.name = run.plan.name;
  r.type = run.plan.type->name;
  r.is_source = run.plan.type->is_source();
  r.restarts = run.restarts;
  Histogram process, wait, age;
  for (const auto& replica : replicas) {
    if (&replica->run() != &run) continue;
    replica->processing.add_to(process);
    replica->waiting.add_to(wait);
    replica->age.add_to(age);
    replica->read_figures(r.figures);
    const Costs used = replica->costs.read();
    r.costs.cpu += used.cpu;
    r.costs.allocations += used.allocations;
    r.held_bytes += replica->held_bytes();
    // Percentiles are computed when the books are free again: frames wait for them.
    struct Times {
      SourceReport* report;
      std::shared_ptr<const Histogram> age;
      std::shared_ptr<const SourceBook::Times> times;
    };
    std::vector<Times> all_times;
    replica->read_books([&](const Ledger& ledger, std::size_t queued) {
      r.in += ledger.in();
      r.out += ledger.out();
      r.failed += ledger.failed();
      r.queued += queued;
      for (const auto& [cause, n] : ledger.dropped().by_cause()) r.dropped[cause] += n;
      for (const auto& [name, book] : ledger.sources()) {
        auto& s = r.sources[name];
        s.in += book.in;
        s.bytes += book.bytes;
        for (const auto& [cause, n] : book.dropped.by_cause()) s.dropped[cause] += n;
        s.failed += book.failed;
        s.last_sequence = book.last_sequence;
        s.missing += book.missing;
        if (book.in > 0) s.quiet = now - book.last_arrived;
        s.age_known = book.age_known;
        all_times.push_back({&s, book.age, book.times});
      }
    });
    for (const auto& [source, its_age, times] : all_times) {
      source->age = its_age->distribution();
      if (!times) continue;
      source->process = times->process.distribution();
      source->wait = times->wait.distribution();
    }
  }
  if (run.inbox)
    for (std::size_t w = 0; w < run.inbox->workers(); ++w)
      r.events_dropped += run.inbox->worker(w).events_dropped();
  r.process = process.distribution();
  r.wait = wait.distribution();
  r.age = age.distribution();
  return r;
}

void Engine::forget_maxima() {
  for (const auto& replica : inside_->replicas) replica->forget_maxima();
}

Trace Engine::take_trace() {
  Trace trace;
  trace.utc_ahead = utc_ahead_of_steady(*inside_->options.clock);
  for (const auto& replica : inside_->replicas) {
    if (!replica->recorder()) continue;
    const auto& run = replica->run();
    const auto& outputs = run.outputs.frames;
    const bool last = std::all_of(outputs.begin(), outputs.end(),
                                  [](const Output& output) { return output.links.empty(); });
    trace.tracks.push_back({run.plan.name, replica->worker(), run.plan.type->is_source(),
                            run.plan.type->listens, last, replica->recorder()->take()});
  }
  return trace;
}

const Plan& Engine::plan() const { return inside_->plan; }

std::size_t Engine::memory() const { return inside_->memory.limit(); }

std::unique_ptr<Tap> Engine::tap(std::size_t stage, std::size_t output, Look look) {
  return std::make_unique<Tap>(*inside_->runs.at(stage)->outputs.frames.at(output).tap,
                               std::move(look));
}

Report Engine::report() const {
  const auto& in = *inside_;
  Report r;
  r.graph = in.plan.name;
  r.device = in.plan.device;
  r.memory_limit_bytes = in.memory.limit();
  {
    const std::lock_guard lock(in.mutex);
    if (in.started)
      r.wall_s = seconds((in.over ? in.ended : in.options.clock->steady()) - *in.started);
    r.events = in.events;
  }
  read_process(r);
  for (const auto& run : in.runs) {
    r.stages.push_back(in.report_of(*run));
    auto& stage = r.stages.back();
    r.held_bytes += stage.held_bytes;
    if (r.wall_s > 0) stage.fps = static_cast<double>(stage.out) / r.wall_s;
  }
  return r;
}

}  // namespace sluice
