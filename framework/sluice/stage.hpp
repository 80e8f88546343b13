// The one header that a stage needs. A stage type is a class that derives from Stage (or LoopStage,
// if it must wait for a camera or a socket), declares itself, and is registered by one macro:
//
//   #include <sluice/stage.hpp>
//   #include <opencv2/core.hpp>
//
//   struct Invert : sluice::Stage {
//     static void declare(sluice::Declare<Invert>& d) {
//       d.summary("Inverts every pixel");
//       d.input(sluice::Kind::gray8 | sluice::Kind::bgr8).output_same();
//     }
//     void process(const sluice::FramePtr& frame, sluice::Context& context) override {
//       cv::Mat inverted;
//       cv::bitwise_not(frame->image()->mat(), inverted);
//       context.emit(frame->with(sluice::Image(frame->kind(), inverted)));
//     }
//   };
//   SLUICE_STAGE(Invert, "image.invert");
#pragma once

#include <sluice/graph/declare.hpp>
#include <sluice/media/event.hpp>
#include <sluice/media/frame.hpp>
#include <sluice/plugin/abi.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sluice {

// Thrown by process() for a frame it can't use: the frame counts as failed, the log says why (at a
// limited rate), and the stage goes on with the next. Anything else that is thrown makes the
// supervisor replace the stage by a fresh one.
class FrameError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class LogLevel { debug, info, warning, error };

// What a stage may ask of its surroundings. Valid as long as the stage is. To be called from within
// the stage's own functions; only raise(), figure(), log() and clock() are for its other threads
// too. What a stage does wrong here (a frame settled twice, a call from a foreign thread) is not
// done, and told in the log.
class Context {
 public:
  virtual ~Context() = default;

  // Hands a frame to every link of an output. Where a mailbox with when_full = "block" is full, a
  // LoopStage waits here (until the graph stops); another stage gets its next frame only when
  // there is room.
  virtual void emit(FramePtr frame, std::string_view output = "out") = 0;

  // The same without ever waiting: a full mailbox drops the frame and counts it, whatever its rule.
  // For live cameras.
  virtual void offer(FramePtr frame, std::string_view output = "out") = 0;

  // Somebody takes what goes out there: what nobody takes needn't be made.
  virtual bool linked(std::string_view output) const = 0;

  virtual void raise(Event event) = 0;

  // A figure of the stage's own for the report, such as ("round_trip_ms", address, 0.4): its newest
  // value stands there. `of` tells several of a name apart; names are few and fixed.
  virtual void figure(std::string_view name, const std::string& of, double value) = 0;

  // Settles one frame in hand as dropped, for a reason that the stage names ("link_down"); a source
  // says by it that something came that it didn't hand on. Causes are few and fixed: they become
  // keys of the report.
  virtual void drop(const std::string& source, std::string_view cause) = 0;

  // Settles one frame in hand as failed, logging why. `source` may be empty (not known).
  virtual void fail(const std::string& source, std::string_view why) = 0;

  // Nothing more comes of this source, as far as can be known: a sender's link is lost, its place
  // was given to another. The stages behind are told after the source's last frame
  // (Stage::on_gone()), and forget it. It may come back as a new one.
  virtual void gone(const std::string& source) = 0;

  // How many bytes of pictures the stage keeps at the moment, besides frames in hand; say it when
  // it changes. False: what the graph holds comes near to its `memory`, so the stage is to let go
  // of what it can do without, and say so again.
  virtual bool hold(std::size_t bytes) = 0;

  // The name of the input that the frame being processed came from.
  virtual std::string_view input() const = 0;

  virtual const Clock& clock() const = 0;
  virtual const std::string& stage_name() const = 0;

  // One line in the log, with the stage's name before it. Rate-limited; control characters are
  // escaped, so text from a peer may be part of it.
  virtual void log(LogLevel level, std::string_view text) = 0;
};

// A stage that is given frames one at a time, never two at once. Made, used and destroyed anew when
// its supervisor restarts it. Must not wait: it shares its thread with other stages.
class Stage {
 public:
  static constexpr bool kLoops = false;

  virtual ~Stage() = default;

  // Parameters are set. Open what is needed; throw to refuse.
  virtual void start(Context&) {}
  // Settles the frame as done by returning, unless it called drop() or fail() or threw.
  virtual void process(const FramePtr&, Context&) {}
  virtual void on_event(const Event&, Context&) {}
  // Nothing more comes of this source: what is kept for it is to be forgotten, so that whoever
  // sends under many names fills no table. May come for a source that never was here.
  virtual void on_gone(const std::string& /*source*/, Context&) {}
  // Called every `ticks(interval)`, between frames.
  virtual void on_tick(Context&) {}
  // All inputs have ended: hand on what is held back.
  virtual void finish(Context&) {}
};

// What a LoopStage may ask besides.
class LoopContext : public Context {
 public:
  // The graph wants this stage to return from run() now. For a stage with inputs that is after they
  // ended or the time for draining is over.
  virtual bool stopping() const = 0;

  // Waits that long, or until stopping() turns true. Returns stopping().
  virtual bool wait(Duration limit) = 0;

  // Like emit(), but never waits. Takes the frame (`frame` is null then) where every link has room,
  // or all but some: these get it later, and until then nothing more is taken: false, and the
  // frame stays the caller's. wake_fd() becomes readable when it is worth another call. With a null
  // frame: only moves on what is left over; true: nothing is.
  virtual bool try_emit(FramePtr& frame, std::string_view output = "out") = 0;

  // The next frame of the mailbox, null if none comes within the limit, when inputs_ended(), or
  // when stopping(). The frame is in hand until it is settled by done(), drop() or fail().
  virtual FramePtr take(Duration limit) = 0;
  virtual void done(std::size_t frames = 1) = 0;
  // No frame is left and none will come.
  virtual bool inputs_ended() const = 0;

  // Readable (poll it, don't read it) while take() would give a frame or the end at once, when
  // try_emit() is worth another call, or when stopping(): for stages that wait for a socket and
  // these together.
  virtual int wake_fd() const = 0;
};

// A stage with a thread of its own, which may wait: every source is one. Whatever run() waits for
// needs a limit of a second at most, or must end by wake_fd().
class LoopStage : public Stage {
 public:
  static constexpr bool kLoops = true;

  // Called once, after start(). Returning means: this stage has ended (of a source: the video is
  // over). Frames go out by emit() and offer(), and are counted there.
  virtual void run(LoopContext&) = 0;
};

namespace detail {

template <class T>
struct RegisterStage {
  explicit RegisterStage(const char* name) {
    Declare<T> declaration(name);
    T::declare(declaration);
    StageTypes::all().add(std::move(declaration).finish());
  }
};

}  // namespace detail
}  // namespace sluice

// At namespace scope, once per type, in its .cpp.
#define SLUICE_STAGE(Type, name)                                                           \
  [[gnu::used, gnu::retain,                                                                \
    gnu::section(SLUICE_ABI_SECTION)]] static const char sluice_abi_##Type[] = SLUICE_ABI; \
  static const ::sluice::detail::RegisterStage<Type> sluice_stage_##Type { name }
