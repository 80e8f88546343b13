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
#include <sluice/runtime/memory_budget.hpp>
#include <sluice/runtime/wiring.hpp>
#include <sluice/stage.hpp>

namespace sluice {

// What all stages of a graph share. Outlives them.
struct Environment {
  const Clock& clock;
  bool timed = false;                          // see EngineOptions
  bool traced = false;                         // likewise
  std::function<void(const Event&)> on_event;  // thread-safe
  MemoryBudget& memory;
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
  // stage's start() throws. Then, and when a stage fails, call destroy() before make(). In the
  // thread that is the stage's.
  void make();
  void destroy();
  // Every frame that still comes is dropped for this cause, and run() is to return. Thread-safe.
  virtual void abandon(std::string_view cause);
  // After that: what could not be handed on for want of room is dropped there.
  virtual void let_go_of_parked() = 0;
  // No more will come out of this stage. Once, by the one who saw it end or gave it up.
  void end_outputs() { run_.outputs.producer_ended(); }

  void count_restart() { ++run_.restarts; }

  // Since when the stage's code has been at work on one call; nothing while it isn't, and for a
  // stage that waits in a thread of its own.
  std::optional<SteadyTime> busy_since() const;

  // Of frames that wait before the stage, that it keeps by its own word, and that it could not hand
  // on yet.
  std::size_t held_bytes() const;

  // Gives this replica a chance to go on; set by the engine before anything runs.
  void on_wake(Waker waker);

  template <class F>
  void read_books(F&& read) const {
    if (mailbox_) return std::as_const(*mailbox_).read_books(std::forward<F>(read));
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

  // What the calling thread does now is the stage's.
  void enter() { owner_.store(this_thread(), std::memory_order_relaxed); }
  // Whether a call of the Context comes from elsewhere; then it is told, and must not be done.
  bool is_foreign(std::string_view call) {
    if (owner_.load(std::memory_order_relaxed) == this_thread()) return false;
    tell_foreign(call);
    return true;
  }
  // Whether there is a frame to emit; else that is told.
  bool is_frame(const FramePtr& frame) {
    if (frame) return true;
    mistake("emit() without a frame");
    return false;
  }
  // Something that the stage must not do: told in the log, and counted in the report.
  void mistake(std::string_view what);
  // While it lives, the stage's code is at work.
  class Busy {
   public:
    Busy(Replica& replica, SteadyTime since) : since_(replica.busy_since_) {
      since_.store(since.time_since_epoch().count(), std::memory_order_relaxed);
    }
    ~Busy() { since_.store(0, std::memory_order_relaxed); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    std::atomic<Duration::rep>& since_;
  };
  // Whether the input that a letter came by takes such frames; else it is settled as failed.
  bool takes(const Letter& letter);
  void forget_source(const std::string& source);
  bool hold(std::size_t bytes) { return take_memory(held_, bytes); }
  std::size_t parked_bytes() const { return parked_bytes_.load(std::memory_order_relaxed); }
  void set_parked_bytes(std::size_t bytes) { take_memory(parked_bytes_, bytes); }

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
  // Differs from thread to thread. Quicker to ask for than the thread's number: it is asked for
  // with every frame that is emitted.
  static const void* this_thread() {
    static thread_local const char here = 0;
    return &here;
  }
  void tell_foreign(std::string_view call);
  bool take_memory(std::atomic<std::size_t>& of, std::size_t bytes);

  std::atomic<const void*> owner_{nullptr};
  std::atomic<Duration::rep> busy_since_{0};
  // Taken from the graph's memory: what the stage says that it keeps, and what is parked.
  std::atomic<std::size_t> held_{0}, parked_bytes_{0};
  std::atomic<std::uint64_t> mistakes_{0};
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
  bool hold(std::size_t bytes) override { return Replica::hold(bytes); }

 protected:
  Context& context() override { return *this; }
};

// A letter that found a full mailbox.
struct Parked {
  const Route* link;
  Letter letter;
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
  void let_go_of_parked() override { unpark(); }

  // Context
  void emit(FramePtr frame, std::string_view output) override;
  void offer(FramePtr frame, std::string_view output) override;
  void drop(const std::string& source, std::string_view cause) override;
  void fail(const std::string& source, std::string_view why) override;
  void gone(const std::string& source) override;
  std::string_view input() const override;

 private:
  Progress turn();
  bool process(const Mailbox::Taken& taken);
  void deliver(const Route& link, Letter letter, Mailbox::Full when_full);
  void deliver_all(FramePtr frame, std::string_view output, Mailbox::Full when_full);
  bool unpark();
  bool settles(std::string_view call);

  std::vector<Parked> parked_;
  std::vector<std::string> gone_;  // to be told to the stages behind, after what is parked
  std::uint8_t input_ = 0;
  bool settled_ = true;  // there is no frame in hand, or it has been settled otherwise than as out
  bool finished_ = false;
  std::atomic<bool> abandoned_{false};
};

// A stage with a thread of its own.
class Loop final : public ContextOf<LoopContext> {
 public:
  Loop(StageRun& run, std::size_t worker);
  ~Loop() override;

  // run() of the stage, in the calling thread, which has called make(). What it throws comes out.
  void loop();
  void abandon(std::string_view cause) override;
  void let_go_of_parked() override { unpark(Mailbox::Full::drop); }
  // run() is to return. Thread-safe.
  void stop();
  // Something changed that run() may wait for. Thread-safe.
  void nudge();

  // LoopContext
  void emit(FramePtr frame, std::string_view output) override;
  void offer(FramePtr frame, std::string_view output) override;
  void drop(const std::string& source, std::string_view cause) override;
  void fail(const std::string& source, std::string_view why) override;
  void gone(const std::string& source) override;
  bool try_emit(FramePtr& frame, std::string_view output) override;
  std::string_view input() const override;
  bool stopping() const override { return stopping_; }
  bool wait(Duration limit) override;
  FramePtr take(Duration limit) override;
  void done(std::size_t frames) override;
  bool inputs_ended() const override;
  int wake_fd() const override { return wake_fd_; }

 private:
  void deliver_all(FramePtr frame, std::string_view output, Mailbox::Full when_full);
  bool unpark(Mailbox::Full when_full);
  // Of a source: its frame's way out, which begins before and ends after it is delivered.
  struct Leaving {
    bool counts = false;  // it is a source's, and goes out for the first time
    SteadyTime since{};
    Duration age{};
  };
  Leaving leaves(const Frame& frame, const Output& out, SteadyTime now);
  void left(const Frame& frame, const Leaving& leaving);
  bool begins(const Frame& frame, const Output& out);
  void signal_fd();
  void clear_fd();
  std::uint64_t nudges();
  // Writes up what this thread, the stage's, has used since the last time.
  void account();

  const int wake_fd_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t nudges_ = 0;  // guarded by mutex_
  Costs accounted_;           // what this thread had used then
  std::uint8_t input_ = 0;
  std::vector<Parked> parked_;               // of one frame, by try_emit()
  std::atomic<bool> signalled_{false};       // the descriptor, since it was cleared
  std::atomic<bool> waits_for_room_{false};  // wake_fd() is to tell of it
  std::vector<std::string> gone_;            // as of a Pump

  // Of a source, the last frame that was counted, and where it went out.
  const Output* counted_at_ = nullptr;
  std::string counted_source_;
  std::uint64_t counted_sequence_ = 0;
};

}  // namespace sluice
