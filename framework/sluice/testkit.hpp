// For stage authors' tests: this stage, these parameters, these frames → those frames, events and
// counts. No graph, no threads but a LoopStage's own, and a clock that only the test moves.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <sluice/stage.hpp>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::testkit {

// Starts at 2026-01-01T00:00:00Z and moves when told.
class FakeClock final : public Clock {
 public:
  UtcTime utc() const override;
  SteadyTime steady() const override { return SteadyTime(Duration(elapsed_.load())); }
  void advance(Duration by) { elapsed_ += by.count(); }

 private:
  std::atomic<std::int64_t> elapsed_{0};
};

// One frame to feed. Where `captured` isn't given: when a new FakeClock begins.
FramePtr make_frame(cv::Mat pixels, std::string source = "cam", std::uint64_t sequence = 0,
                    UtcTime captured = {});

// A camera's frames: with sequence numbers from 0, captured at the clock's time, and where an
// interval is given, each that much later than the one before.
class FakeSource {
 public:
  // The clock, such as the test's, lives longer.
  explicit FakeSource(const Clock& clock, std::string name = "cam", Duration interval = {})
      : clock_(clock), name_(std::move(name)), interval_(interval) {}

  FramePtr frame(cv::Mat pixels);
  FramePtr frame(std::variant<Image, Encoded> payload);

 private:
  const Clock& clock_;
  const std::string name_;
  const Duration interval_;
  std::uint64_t sequence_ = 0;
};

struct Counts {
  std::uint64_t in = 0, out = 0, failed = 0;
  std::map<std::string, std::uint64_t> dropped;
};

// Drives one stage. Not for use from several threads, but a LoopStage may run in its own.
class StageTest {
 public:
  using Parameters = std::vector<std::pair<std::string, ParamValue>>;

  // Makes the stage; durations and sizes are given as in a graph file ("200ms"). Throws
  // std::invalid_argument for a type, parameter or value that the check would refuse.
  explicit StageTest(std::string_view type, const Parameters& parameters = {},
                     const Clock* clock = nullptr);
  ~StageTest();

  FakeClock& clock() { return fake_; }

  // Calls the stage's start(). Called by the first of the following, if the test doesn't.
  void start();

  // --- a stage that is given frames
  // process(), with the runtime's rules: FrameError counts as failed, other exceptions reach the
  // test, and a frame of a kind that the input doesn't declare counts as failed without reaching
  // the stage. What the runtime would refuse as a mistake of the stage (a frame settled twice, or
  // outside of process(); a call from a foreign thread) throws std::logic_error.
  void send(FramePtr frame, std::string_view input = "in");
  void send(const Event& event);
  // on_gone(): nothing more comes of this source.
  void send_gone(const std::string& source);
  void tick();
  void finish();

  // --- a LoopStage
  // Puts a frame or an event into its mailbox (without a limit), or says that no more will come.
  // They are taken in this order; in a graph, events overtake the frames that wait.
  void queue(FramePtr frame);
  void queue(const Event& event);
  void queue_gone(const std::string& source);
  void end_inputs();
  // run() in this thread; with `until`, stopping() turns true as soon as that holds (asked after
  // each frame, event and wait). What run() throws reaches the test.
  void run(std::function<bool(const StageTest&)> until = {});
  // run() in a thread; ended by stop(), which waits for it and throws what it threw. A run() that
  // has not returned ten seconds later makes it throw std::logic_error.
  void run_in_thread();
  void stop();
  // Waits in real time until `condition` holds; false after 10 s.
  bool eventually(const std::function<bool()>& condition) const;

  // --- what came of it
  std::vector<FramePtr> frames(std::string_view output = "out") const;
  std::vector<Event> events() const;
  std::vector<std::string> log() const;
  Counts counts() const;
  // By name, and by what it is a figure of.
  std::map<std::string, std::map<std::string, double>> figures() const;
  // What the stage said by gone(), of itself.
  std::vector<std::string> gone() const;
  // What it said last by hold().
  std::size_t held_bytes() const;
  // hold() says from now on that this many bytes are too many.
  void limit_memory(std::size_t bytes);
  // How many frames try_emit() still takes; without it, any number.
  void limit_room(std::size_t frames);

  Stage& stage() { return *stage_; }

 private:
  class Recorder;

  const StageType* type_;
  FakeClock fake_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Stage> stage_;
  void join();

  std::thread thread_;
  // Of run() in a thread, which may outlive this.
  struct Outcome {
    std::atomic<bool> returned{false};
    std::exception_ptr thrown;
  };
  std::shared_ptr<Outcome> outcome_;
  bool started_ = false;
};

}  // namespace sluice::testkit
