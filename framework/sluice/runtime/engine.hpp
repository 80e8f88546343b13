// Runs a checked graph. No CAF type and no stage type shows here.
#pragma once

#include <functional>
#include <memory>
#include <sluice/graph/plan.hpp>
#include <sluice/media/event.hpp>
#include <sluice/observe/report.hpp>
#include <sluice/observe/trace.hpp>
#include <sluice/runtime/tap.hpp>
#include <string>

namespace sluice {

struct EngineOptions {
  const Clock* clock = &Clock::system();
  // Keep what each stage uses, and each source's times in each stage: some 10 kB for each of those,
  // and a system call or two a frame.
  bool timed = false;
  // Record what happens to each frame in each stage: see FlightRecorder.
  bool traced = false;
  // A stage that is given its frames and is at the same call for so long is told of, and nobody
  // waits for it any more.
  Duration stuck_after = std::chrono::seconds(5);
  // The same of a start(); the graph can't start without a stage that takes longer.
  Duration start_limit = std::chrono::seconds(30);
  // Called for every event, from any stage's thread: be quick. May be empty.
  std::function<void(const Event&)> on_event;
  // Called once, from the supervisor's thread, when the graph is over. May be empty.
  std::function<void()> on_over;
};

// One graph, run once. All methods may be called from any thread, but start() and the destructor
// from one.
class Engine {
 public:
  explicit Engine(Plan plan, EngineOptions options = {});
  // Stops what still runs, without draining, and waits for it.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Starts every stage, downstream first, and returns at once: how that goes is told by wait(),
  // is_up() and failure().
  void begin();
  // The same, and waits until every stage is up, or the graph is over. Throws std::runtime_error
  // naming the stage that can't start and why; the graph is over then.
  void start();
  // Every stage has been started (of those that are optional: told to).
  bool is_up() const;

  // Sources stop, the rest drains for at most the plan's `drain`. Returns at once. Also while the
  // graph starts.
  void stop();

  // Waits until the graph is over; false where the limit passes first.
  bool wait(Duration limit) const;

  // Why the graph failed; empty: it did not (so far).
  std::string failure() const;
  // A stage would not stop: destroying the engine would wait for it without end.
  bool hangs() const;

  const Plan& plan() const;
  // What its queues and stages may keep of frames, in bytes.
  std::size_t memory() const;

  // Shows the frames that leave this output (indices as in the plan), from now on.
  std::unique_ptr<Tap> tap(std::size_t stage, std::size_t output, Look look);

  Report report() const;
  // The maxima of later reports, and which frames they were, are of what happens from now on.
  void forget_maxima();

  // What was recorded since this was last asked; nothing unless traced.
  Trace take_trace();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace sluice
