// external.process: a command as a stage, such as a program in Python.
//
// The command is asked about one frame after the other, see external/questions.hpp. It has
// this stage's life: whatever ends the one ends the other, and the restart rules bring both back.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <sluice/graph/units.hpp>
#include <sluice/observe/ledger.hpp>
#include <sluice/stage.hpp>
#include <stdexcept>
#include <zmq.hpp>

#include "external/answer.hpp"
#include "external/command.hpp"
#include "external/environment.hpp"
#include "external/lines.hpp"
#include "external/private_folder.hpp"
#include "external/questions.hpp"
#include "transport/wire.hpp"

namespace sluice {
namespace {

using external::Command;
using external::Questions;

// A command that writes without end is read at this pace, and waits for that.
constexpr Duration kReadEvery = std::chrono::milliseconds(50);
// More are no mishap: reading them would take all of this thread's time.
constexpr int kMostUnasked = 100;
// Where nothing wakes this thread when it is to stop.
constexpr Duration kGlance = std::chrono::milliseconds(100);

struct Process : LoopStage {
  static void declare(Declare<Process>& d) {
    d.summary("Has a command look at frames: a stage in Python, or whatever speaks ZeroMQ");
    d.manual(R"(
The command connects a REP socket of ZeroMQ to the address in the environment variable
SLUICE_ADDRESS. For each frame it gets imagezmq's two parts, a header in JSON and the pixels (or the
JPEG), and answers with

  two parts of that form   the picture that goes on
  header and nothing       the picture goes on as it came
  OK                       nothing goes on
  ERROR why                the frame fails, and the log says why

The header's key "sluice" tells what imagezmq's doesn't: under "ann" what was found in the frame, as
[{"l": label, "b": [x, y, width, height], "s": score, "t": text}], the box in fractions of the
picture. A header that is sent back with more of them adds them. Without that key the frame keeps
what it had. Source, number and time stay the frame's own. `sluice new-stage --python NAME` begins
such a program.

An answer that is malformed fails its frame. One to no frame that is under way, such as a second
one, is left out and counted (the figure unasked_answers). A command that ends, or doesn't answer a
frame within `limit`, or sends 100 such answers in a row, fails the stage, with the frames that are
under way: it is ended, and started anew by the restart rules. What it writes to standard output and
error is in the log, at a limited rate; its standard input is empty.

Of sluice's own environment the command gets what a program needs to find its way, see env, and no
more: a service's may hold tokens and passwords.

Each worker has a command of its own. It runs in a process group that ends with the stage: SIGTERM
to all in it, 300 ms later SIGKILL to those that are left, or as soon as the command has ended and
its output is closed by all that it has started; and if sluice is killed, SIGKILL at once. Should it
make a group of its own (setsid), that ends with it; what leaves the group otherwise is left alone.
)");
    d.input(kinds::frames);
    d.output_same_or_chosen(kinds::frames, "gives");
    d.param(
         "command", &Process::command,
         "the program and its arguments, without a shell; looked for in PATH, or from the folder "
         "in which sluice was started")
        .required();
    d.param("env", &Process::env,
            "variables of sluice's environment that it gets, by name, besides PATH, HOME, USER, "
            "LANG, LC_..., TZ and TMPDIR, which it always gets");
    d.choice("gives", &Process::gives,
             {{"same", std::nullopt},
              {"gray8", Kind::gray8},
              {"bgr8", Kind::bgr8},
              {"bgra8", Kind::bgra8},
              {"yuv420", Kind::yuv420},
              {"array", Kind::array},
              {"jpeg", Kind::jpeg},
              {"png", Kind::png}},
             "the kind of the pictures that it answers with; same: that of each one's question");
    d.param("limit", &Process::limit, "how long it may take for a frame")
        .range(std::chrono::milliseconds(10), std::chrono::hours(1));
    d.param("start_limit", &Process::start_limit,
            "how long it may take to connect: a program that loads a model takes its time")
        .range(std::chrono::milliseconds(100), std::chrono::hours(1));
    d.param(
         "window", &Process::window,
         "frames under way at once; with more than 1 the next is there when it has answered, but "
         "has waited for that")
        .range(1, 64);
    d.param("max_message", &Process::max_message, "a larger answer is never taken")
        .range(ByteSize{1024}, ByteSize{std::int64_t{1} << 30});
    // A slow command gets each camera's newest picture.
    d.mailbox({.when_full = WhenFull::latest});
    d.check([](const Process& stage, ParamProblems& problems) {
      if (stage.command.empty() || stage.command.front().empty())
        problems.push_back({"command", "'command' names no program",
                            "as in command = [\"python3\", \"-u\", \"invert.py\"]"});
      for (const auto& name : stage.env)
        if (name.empty() || name.find('=') != std::string::npos || name == "SLUICE_ADDRESS")
          problems.push_back({"env", fmt::format("'{}' can't be passed on", name),
                              "names alone are given, as in env = [\"PYTHONPATH\"]"});
    });
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.invert]
type    = "external.process"
from    = "camera"
command = ["python3", "-u", "invert.py"]    # made by: sluice new-stage --python invert

[stage.end]
type = "sink.discard"
from = "invert"
)");
  }

  std::vector<std::string> command;
  std::vector<std::string> env;
  std::optional<Kind> gives;
  Duration limit = std::chrono::seconds(5);
  Duration start_limit = std::chrono::seconds(30);
  int window = 1;
  ByteSize max_message{64 << 20};

  void start(Context& context) override {
    folder_.emplace();
    const auto address = "ipc://" + (folder_->path() / "socket").string();
    questions_.emplace(zmq_, address, window, max_message.bytes);
    auto environment = external::passed_on(env);
    environment.push_back("SLUICE_ADDRESS=" + address);
    command_ = std::make_unique<Command>(command, environment, folder_->path());
    context.log(LogLevel::info, fmt::format("started {}, process {}", command[0], command_->pid()));
    since_ = context.clock().steady();
  }

  void run(LoopContext& context) override {
    // Ends with run(): in this thread, which may wait for it.
    const auto running = std::move(command_);
    std::optional<std::string> failure;
    while (!context.stopping()) {
      tell_output(*running, context);
      take_answers(context);
      failure = failure_of(*running, context);
      if (failure) break;
      while (questions_->has_room() && ask_next(context)) {
      }
      if (context.inputs_ended() && questions_->under_way().empty()) break;
      wait(*running, context);
    }
    running->end([&](std::string_view text) { lines_.add(text, telling(context)); });
    lines_.end(telling(context));
    if (failure) throw std::runtime_error(*failure);
    for (const auto& question : questions_->under_way())
      context.drop(question.frame->source, cause::shutdown);
  }

 private:
  bool ask_next(LoopContext& context) {
    auto frame = context.take(Duration(0));
    if (!frame) return false;
    if (questions_->under_way().empty()) since_ = context.clock().steady();
    questions_->ask(std::move(frame), context.clock().utc());
    return true;
  }

  void take_answers(LoopContext& context) {
    // As many as may be due, so that a command that answers without end holds up nothing else.
    for (int i = 0; i <= window; ++i) {
      auto answer = questions_->next_answer();
      if (!answer) return;
      if (answer->question) {
        unasked_in_a_row_ = 0;
        settle(*answer->question, std::move(answer->parts), context);
      } else {
        ++unasked_in_a_row_;
        context.figure("unasked_answers", command[0], ++unasked_);
        context.log(LogLevel::warning,
                    fmt::format("{} answered what it wasn't asked, or a second time: left out",
                                command[0]));
      }
    }
  }

  void settle(const external::Question& question, std::vector<zmq::message_t> parts,
              LoopContext& context) {
    const auto& frame = *question.frame;
    try {
      auto result = external::read_answer(question, std::move(parts), gives.value_or(frame.kind()));
      if (result) context.emit(std::move(result));
      context.done();
    } catch (const wire::BadMessage& e) {
      context.fail(frame.source, fmt::format("{} answered with {}", command[0], e.what()));
    } catch (const FrameError& e) {
      context.fail(frame.source, e.what());
    }
    // Only now: what is behind may have made this stage wait.
    since_ = context.clock().steady();
  }

  // Why the command is of no use any more; nothing where it is.
  std::optional<std::string> failure_of(Command& running, LoopContext& context) {
    if (const auto& how = running.ended()) {
      // What it wrote last is why. What it has started may go on writing.
      for (int i = 0; i < 2; ++i) lines_.add(running.read_output(), telling(context));
      lines_.end(telling(context));
      return fmt::format("{} ended with {}{}{}", command[0], *how, last_line_.empty() ? "" : ": ",
                         last_line_);
    }
    if (unasked_in_a_row_ >= kMostUnasked)
      return fmt::format("{} has sent {} answers in a row that nobody asked for; it is killed",
                         command[0], unasked_in_a_row_);
    const auto now = context.clock().steady();
    const auto& under_way = questions_->under_way();
    if (questions_->connected() != connected_ && under_way.empty()) since_ = now;
    connected_ = questions_->connected();
    if (now < due()) return {};
    if (under_way.empty())
      return fmt::format(
          "{} has not connected to $SLUICE_ADDRESS within {}; it is killed (see start_limit)",
          command[0], format_duration(start_limit));
    const auto& frame = *under_way.front().frame;
    return fmt::format("{} has not answered frame {} of {} within {}; it is killed (see limit)",
                       command[0], frame.sequence, frame.source, format_duration(limit));
  }

  // When the command has had its time.
  SteadyTime due() const {
    if (!questions_->under_way().empty()) return since_ + limit;
    return connected_ ? SteadyTime::max() : since_ + start_limit;
  }

  void tell_output(Command& running, LoopContext& context) {
    const auto now = context.clock().steady();
    if (now < read_next_) return;
    const auto text = running.read_output();
    if (text.empty()) return;
    read_next_ = now + kReadEvery;
    lines_.add(text, telling(context));
  }

  std::function<void(std::string_view)> telling(LoopContext& context) {
    return [this, &context](std::string_view line) {
      last_line_ = line;
      context.log(LogLevel::info, fmt::format("says: {}", line));
    };
  }

  void wait(const Command& running, LoopContext& context) {
    const auto now = context.clock().steady();
    // Without room a waiting frame is no reason to wake up.
    const bool for_frames = questions_->has_room() && !context.inputs_ended();
    auto until = std::min(due(), now + (for_frames ? Duration(std::chrono::seconds(1)) : kGlance));
    const short events = connected_ ? ZMQ_POLLIN : ZMQ_POLLIN | ZMQ_POLLOUT;
    std::vector<zmq::pollitem_t> items{{questions_->socket().handle(), 0, events, 0},
                                       {nullptr, running.ended_fd(), ZMQ_POLLIN, 0}};
    if (for_frames) items.push_back({nullptr, context.wake_fd(), ZMQ_POLLIN, 0});
    if (now < read_next_)
      until = std::min(until, read_next_);
    else if (running.output_fd() >= 0)
      items.push_back({nullptr, running.output_fd(), ZMQ_POLLIN, 0});
    zmq::poll(items,
              std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now, Duration(0))));
  }

  zmq::context_t zmq_{1};
  std::optional<external::PrivateFolder> folder_;
  std::optional<Questions> questions_;
  std::unique_ptr<Command> command_;  // until run() takes it

  bool connected_ = false;  // when last looked at
  double unasked_ = 0;
  int unasked_in_a_row_ = 0;
  // When the command last did what was due, or was given something to do.
  SteadyTime since_;

  external::Lines lines_;
  std::string last_line_;
  SteadyTime read_next_;
};
SLUICE_STAGE(Process, "external.process");

}  // namespace
}  // namespace sluice
