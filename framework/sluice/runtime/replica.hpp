// One running copy of a stage: the stage object, what surrounds it, and its figures. Knows nothing
// of actors: Pump is called by one, Loop runs in a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <sluice/graph/plan.hpp>
#include <sluice/observe/costs.hpp>
#include <sluice/observe/flight_recorder.hpp>
#include <sluice/observe/log.hpp>
#include <sluice/runtime/wiring.hpp>
#include <sluice/stage.hpp>

namespace sluice {

// What all stages of a graph share. Outlives them.
struct Environment {
  const Clock& clock;
  bool timed = false;                          // see EngineOptions
  bool traced = false;                         // likewise
  std::function<void(const Event&)> on_event;  // thread-safe
};

// A stage of the plan, made ready to run. Owned by the engine; fixed once the graph starts.
struct StageRun {
  StageRun(const StagePlan& plan, const Environment& environment);

  const StagePlan& plan;
  const Environment& environment;
  StageLog log;
  std::unique_ptr<Inbox> inbox;  // null for a source
  Outputs outputs;
  std::atomic<std::uint64_t> restarts{0};
};

class Replica {
 public:
  Replica(StageRun& run, std::size_t worker);
  virtual ~Replica() = default;
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  const StageRun& run() const { return run_; }
  std::size_t worker() const { return worker_; }

  // A fresh stage object in place of the old one: parameters set and started. Throws what the
  // stage's start() throws. Then, and when a stage fails, call destroy() before make().
  void make();
  void destroy();
  // Every frame that still comes is dropped for this cause, and run() is to return. Thread-safe.
  virtual void abandon(std::string_view cause);
  // No more will come out of this stage. Once, by the one who saw it end or gave it up.
  void end_outputs() { run_.outputs.producer_ended(); }

  void count_restart() { ++run_.restarts; }

  // Gives this replica a chance to go on; set by the engine before anything runs.
  void on_wake(Waker waker);

  template <class F>
  void read_books(F&& read) const {
    if (mailbox_) return mailbox_->read_books(std::forward<F>(read));
    const std::lock_guard lock(source_mutex_);
    read(source_ledger_, source_in_hand_);
  }

  using Figures = std::map<std::string, std::map<std::string, double>>;
  void read_figures(Figures& into) const;

  // Null unless traced.
  FlightRecorder* recorder() const { return recorder_.get(); }

  // Of the report: maxima are of what comes from now on.
  void forget_maxima();

  Histogram processing, waiting, age;
  CostBook costs;

 protected:
  virtual Context& context() = 0;

  const Clock& clock() const { return run_.environment.clock; }
  Mailbox* mailbox() { return mailbox_; }
  bool timed() const { return run_.environment.timed; }
  void measure(const Mailbox::Taken& taken, SteadyTime now, UtcTime utc);
  void raise(Event event);
  void figure(std::string_view name, const std::string& of, double value);
  void settle_dropped(const std::string& source, std::string_view cause);
  void settle_failed(const std::string& source, std::string_view why);
  // Of a source: a frame has come, and is in hand until it is settled as out. Gives its age.
  Duration source_arrived(const Frame& frame, SteadyTime now);
  void source_out();

  StageRun& run_;
  const std::size_t worker_;
  std::unique_ptr<Stage> stage_;
  Waker wake_;

 private:
  const std::unique_ptr<FlightRecorder> recorder_;
  Mailbox* const mailbox_;  // null for a source, which keeps its books itself
  mutable std::mutex source_mutex_;
  Ledger source_ledger_;
  std::size_t source_in_hand_ = 0;
  mutable std::mutex figures_mutex_;
  Figures figures_;
};

// The part of a Context that is the same for every stage.
template <class ContextType>
class ContextOf : public Replica, public ContextType {
 public:
  using Replica::Replica;

  bool linked(std::string_view output) const override {
    return !run_.outputs.find(output).links.empty();
  }
  void raise(Event event) override { Replica::raise(std::move(event)); }
  void figure(std::string_view name, const std::string& of, double value) override {
    Replica::figure(name, of, value);
  }
  const Clock& clock() const override { return Replica::clock(); }
  const std::string& stage_name() const override { return run_.plan.name; }
  void log(LogLevel level, std::string_view text) override { run_.log.write(level, text); }

 protected:
  Context& context() override { return *this; }
};

// A stage that is given its frames. All but abandon() is called by its actor only.
class Pump final : public ContextOf<Context> {
 public:
  using ContextOf<Context>::ContextOf;

  enum class Progress {
    idle,     // the mailbox is empty; its next letter wakes
    more,     // there is more, but others should have their turn
    stalled,  // a mailbox behind is full; it wakes when there is room
    ended,    // the inputs have ended and all is handed on
  };
  // Processes what is there, for about a millisecond. What the stage throws comes out, with the
  // frame counted as failed.
  Progress pump();
  void tick();
  void abandon(std::string_view cause) override;
  // After abandon(): what was parked for a full mailbox is dropped there.
  void let_go_of_parked() { unpark(); }

  // Context
  void emit(FramePtr frame, std::string_view output) override;
  void offer(FramePtr frame, std::string_view output) override;
  void drop(const std::string& source, std::string_view cause) override;
  void fail(const std::string& source, std::string_view why) override;
  std::string_view input() const override;

 private:
  // A letter that found a full mailbox.
  struct Parked {
    const Link* link;
    Letter letter;
  };
  Progress turn();
  void process(const Mailbox::Taken& taken);
  void deliver(const Link& link, Letter letter, Mailbox::Full when_full);
  void deliver_all(FramePtr frame, std::string_view output, Mailbox::Full when_full);
  bool unpark();

  std::vector<Parked> parked_;
  std::uint8_t input_ = 0;
  bool settled_ = false;
  bool finished_ = false;
  std::atomic<bool> abandoned_{false};
};

// A stage with a thread of its own.
class Loop final : public ContextOf<LoopContext> {
 public:
  Loop(StageRun& run, std::size_t worker);
  ~Loop() override;

  // run() of the stage, in the calling thread. What it throws comes out.
  void loop();
  void abandon(std::string_view cause) override;
  // run() is to return. Thread-safe.
  void stop();
  // Something changed that run() may wait for. Thread-safe.
  void nudge();

  // LoopContext
  void emit(FramePtr frame, std::string_view output) override;
  void offer(FramePtr frame, std::string_view output) override;
  void drop(const std::string& source, std::string_view cause) override;
  void fail(const std::string& source, std::string_view why) override;
  std::string_view input() const override;
  bool stopping() const override { return stopping_; }
  bool wait(Duration limit) override;
  FramePtr take(Duration limit) override;
  void done(std::size_t frames) override;
  bool inputs_ended() const override;
  int wake_fd() const override { return wake_fd_; }

 private:
  void deliver_all(FramePtr frame, std::string_view output, Mailbox::Full when_full);
  bool begins(const Frame& frame, const Output& out);
  void signal_fd();
  // Writes up what this thread, the stage's, has used since the last time.
  void account();

  const int wake_fd_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t nudges_ = 0;  // guarded by mutex_
  Costs accounted_;           // what this thread had used then
  std::uint8_t input_ = 0;

  // Of a source, the last frame that was counted, and where it went out.
  const Output* counted_at_ = nullptr;
  std::string counted_source_;
  std::uint64_t counted_sequence_ = 0;
};

}  // namespace sluice
