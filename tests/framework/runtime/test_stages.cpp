// Stage types for the runtime's tests: each does one thing that a runtime must cope with.

#include "framework/runtime/test_stages.hpp"

#include <sluice/stage.hpp>

namespace test {

namespace {

std::mutex gates_mutex;

std::map<std::string, Gate>& gates() {
  static std::map<std::string, Gate> all;
  return all;
}

}  // namespace

Gate& gate(const std::string& name) {
  const std::lock_guard lock(gates_mutex);
  return gates()[name];
}

FreshGates::FreshGates() {
  const std::lock_guard lock(gates_mutex);
  gates().clear();
}

namespace {

using namespace sluice;

const cv::Mat& pixels() {
  static const cv::Mat mat = cv::Mat::zeros(2, 2, CV_8UC1);
  return mat;
}

// Frames as fast as they are taken, of several sources in turn.
struct Count : LoopStage {
  static void declare(Declare<Count>& d) {
    d.summary("Counts");
    d.output(Kind::gray8).output(Kind::gray8, "even");
    d.param("frames", &Count::frames, "0: without end");
    d.param("sources", &Count::sources, "how many");
    d.param("evens", &Count::evens, "every other frame to the output `even` too");
    d.param("live", &Count::live, "offer() instead of emit()");
    d.param("gate", &Count::gate_name, "waits there before the first frame");
  }
  int frames = 100;
  int sources = 1;
  bool live = false;
  bool evens = false;
  std::string gate_name;

  void run(LoopContext& context) override {
    while (!gate_name.empty() && !gate(gate_name).is_open())
      if (context.wait(std::chrono::milliseconds(1))) return;
    for (std::uint64_t i = 0;
         (frames == 0 || i < static_cast<std::uint64_t>(frames)) && !context.stopping(); ++i) {
      const auto n = static_cast<std::uint64_t>(sources);
      const auto frame = std::make_shared<const Frame>(Frame{"cam" + std::to_string(i % n),
                                                             i / n,
                                                             context.clock().utc(),
                                                             true,
                                                             Image(Kind::gray8, pixels()),
                                                             {}});
      if (live)
        context.offer(frame);
      else
        context.emit(frame);
      if (evens && i % 2 == 0) context.emit(frame, "even");
    }
  }
};
SLUICE_STAGE(Count, "rt.count");

struct Pass : sluice::Stage {
  static void declare(Declare<Pass>& d) {
    d.summary("Passes frames on");
    d.input(kinds::frames).output_same();
    d.mailbox({.when_full = WhenFull::block});
  }
  void process(const FramePtr& frame, Context& context) override { context.emit(frame); }
};
SLUICE_STAGE(Pass, "rt.pass");

// Writes down what reaches it; may wait at a gate before its first frame.
struct Collect : sluice::Stage {
  static void declare(Declare<Collect>& d) {
    d.summary("Collects");
    d.input(kinds::frames);
    d.mailbox({.when_full = WhenFull::block});
    d.param("gate", &Collect::gate_name, "frames wait there");
    d.param("book", &Collect::book, "where it writes");
  }
  std::string gate_name, book = "collect";
  void process(const FramePtr& frame, Context&) override {
    if (!gate_name.empty()) gate(gate_name).wait();
    gate(book).write(frame->source, frame->sequence);
  }
  void finish(Context&) override { gate(book).write("finished", 0); }
};
SLUICE_STAGE(Collect, "rt.collect");

// Throws, as told.
struct Moody : sluice::Stage {
  static void declare(Declare<Moody>& d) {
    d.summary("Throws");
    d.input(kinds::frames).output_same();
    d.mailbox({.when_full = WhenFull::block});
    d.param("bad_frame", &Moody::bad_frame, "FrameError at each multiple");
    d.param("crash", &Moody::crash, "another exception at each multiple");
    d.param("bad_start", &Moody::bad_start, "start() throws");
    d.raises({"moody.saw"});
  }
  int bad_frame = 0, crash = 0;
  bool bad_start = false;
  void start(Context&) override {
    if (bad_start) throw std::runtime_error("no mood to start");
  }
  void process(const FramePtr& frame, Context& context) override {
    const auto n = static_cast<int>(frame->sequence) + 1;
    if (bad_frame != 0 && n % bad_frame == 0) throw FrameError("bad frame");
    if (crash != 0 && n % crash == 0) throw std::runtime_error("bad mood");
    context.raise({"moody.saw", frame->source});
    context.emit(frame);
  }
};
SLUICE_STAGE(Moody, "rt.moody");

// A source whose thread fails after some frames, every time.
struct Fragile : LoopStage {
  static void declare(Declare<Fragile>& d) {
    d.summary("Fails");
    d.output(Kind::gray8);
  }
  void run(LoopContext& context) override {
    for (std::uint64_t i = 0; i < 3; ++i) context.emit(testkit_frame(context, i));
    throw std::runtime_error("the lens fell off");
  }
  static FramePtr testkit_frame(LoopContext& context, std::uint64_t i) {
    return std::make_shared<const Frame>(
        Frame{"cam", i, context.clock().utc(), true, Image(Kind::gray8, pixels()), {}});
  }
};
SLUICE_STAGE(Fragile, "rt.fragile");

// A loop with a mailbox.
struct Send : LoopStage {
  static void declare(Declare<Send>& d) {
    d.summary("Takes in its own thread");
    d.input(kinds::frames);
    d.mailbox({.when_full = WhenFull::block});
    d.param("at_most", &Send::at_most, "ends after so many frames, as a window that is closed");
  }
  int at_most = 1 << 30;
  void run(LoopContext& context) override {
    for (int n = 0; n < at_most && !context.stopping() && !context.inputs_ended(); ++n)
      if (const auto frame = context.take(std::chrono::seconds(1))) {
        gate("send").write(frame->source, frame->sequence);
        context.done();
      }
  }
};
SLUICE_STAGE(Send, "rt.send");

struct Hear : sluice::Stage {
  static void declare(Declare<Hear>& d) {
    d.summary("Hears events");
    d.input(Kind::event);
    d.hears_all();
  }
  void on_event(const Event& event, Context&) override { gate("hear").write(event.name, 0); }
};
SLUICE_STAGE(Hear, "rt.hear");

// A stage that hangs where it may not.
struct Hang : sluice::Stage {
  static void declare(Declare<Hang>& d) {
    d.summary("Hangs");
    d.input(kinds::frames);
  }
  void process(const FramePtr&, Context&) override { gate("hang").wait(); }
};
SLUICE_STAGE(Hang, "rt.hang");

}  // namespace
}  // namespace test
