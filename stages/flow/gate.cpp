// flow.gate: frames around events, and little else.
//
// A loop, since a frame that is held back is neither done nor dropped: it stays in hand, and the
// report counts it as queued.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <sluice/graph/units.hpp>
#include <sluice/stage.hpp>
#include <string_view>
#include <utility>

#include "flow/held.hpp"

namespace sluice {
namespace {

constexpr std::string_view kClosed = "gate_closed";  // what a frame is dropped for
constexpr Duration kLookRound = std::chrono::seconds(1);
constexpr Duration kForget = std::chrono::minutes(1);    // and what the parameters say
constexpr Duration kForgetOpen = std::chrono::hours(1);  // likewise
// A source that is silent for so long gives way to a new one.
constexpr Duration kYield = std::chrono::seconds(5);
constexpr Duration kYieldOpen = std::chrono::minutes(1);

enum class Outside { none, all };

// What is known of one source. Times are capture times, but for `heard`.
struct Gated {
  Held held;
  bool open = false;                 // an event opened it, and none has closed it since
  std::string opened_by;             // the stage that raised that event
  std::optional<UtcTime> closed_at;  // the newest frame then; the post-roll runs from it
  std::optional<UtcTime> newest;     // that came
  std::optional<UtcTime> passed;     // the last that went on
  SteadyTime heard{};                // when the last frame or event came
};

struct Gate : LoopStage {
  Duration pre_roll = std::chrono::seconds(3);
  Duration post_roll = std::chrono::seconds(3);
  Outside outside = Outside::none;
  Duration heartbeat{};
  std::string open = "motion.began";
  std::string close = "motion.ended";
  std::int64_t max_frames = 300;
  ByteSize max_bytes{std::int64_t{256} << 20};
  int max_sources = 256;

  static void declare(Declare<Gate>& d) {
    d.summary("Lets frames through around events only, such as motion");
    d.manual(R"(
Frames go to the input "in", the events that it waits for to "events", as in
from = { in = "jpeg", events = "motion" }. Each source has a gate of its own: an event is about the
source that it names.

From `open` to `close` all frames go on, and so do those captured within `pre_roll` before the
newest that has come when it opens, and within `post_roll` after the newest when it closes. An event
comes later than what it is about: motion.detect waits for some moving frames, and may be behind. The
pre-roll makes up for that.

A stage that fails may never say that what it saw has ended. So where one that opened gates fails, they
close, and open again when it is back and sees something; and where one that the gate hears has given
up for good (and is optional, else the graph ends), nothing is known any more, and all goes on.

While it is closed nothing goes on (outside = "none") but a frame per `heartbeat`, where that is
given: the camera is seen to be there. outside = "all" lets all through; with open = "", close = ""
and a heartbeat there is nothing else than that.

Frames go on in their order. So a heartbeat's frame, too, is one that has left the pre-roll, and as
old as that. What else leaves it is dropped as gate_closed, and so is what is held when the graph
ends. Until then it counts as queued. `max_frames` limits what is held of each source, `max_bytes`
and the graph's `memory` what is held of all: then the source that has most gives. Where one of them makes the pre-roll
shorter than it should be, the log says so once. Put the gate behind encode.jpeg, and they last for
longer. Pixels in a camera's own buffers are copied to be held: it has only some.

What is behind the gate gets the whole pre-roll at once, and old: give its mailbox
when_full = "block", or room for it, and no max_age that is shorter. transport.send's own, "latest",
would keep one frame.

A source whose link has ended is forgotten. So is one that is silent for a minute (and pre_roll,
post_roll and heartbeat) while its gate is closed; while it is open, after an hour. Where there are
`max_sources`, a new one takes the place of a name of which only events came, or else of a source
that has been silent for 5 s; for a minute, if its gate is open.
)");
    d.input(kinds::frames, "in", "what goes on or doesn't");
    d.input(Kind::event, "events", "what opens and closes it");
    d.output_same();
    // While a burst waits for room behind the gate, each source's newest frames wait before it.
    d.mailbox({.when_full = WhenFull::latest, .capacity = 16, .max_bytes = 64 << 20});
    d.single_worker();  // events go to one
    using std::chrono::hours;
    d.param("pre_roll", &Gate::pre_roll, "what was captured so long before it opens goes on, too")
        .range(Duration::zero(), hours(1));
    d.param("post_roll", &Gate::post_roll, "what is captured so long after it closes goes on, too")
        .range(Duration::zero(), hours(24));
    d.choice("outside", &Gate::outside, {{"none", Outside::none}, {"all", Outside::all}},
             "what goes on while it is closed, besides the heartbeat");
    d.param("heartbeat", &Gate::heartbeat, "while it is closed, a frame goes on so often; 0: none")
        .range(Duration::zero(), hours(24));
    d.param("open", &Gate::open, "the event that opens it; empty: none does").awaited_at("events");
    d.param("close", &Gate::close, "the event that closes it; empty: none does")
        .awaited_at("events");
    d.param("max_frames", &Gate::max_frames, "held for the pre-roll, of each source")
        .range(1, 100'000)
        .unit("frames");
    d.param("max_bytes", &Gate::max_bytes, "held for the pre-roll, of all sources together")
        .range(ByteSize{1}, ByteSize{std::int64_t{1} << 40});
    d.param("max_sources", &Gate::max_sources,
            "frames of more sources fail while none of these is silent")
        .range(1, 4096);
    d.check([](const Gate& s, ParamProblems& problems) {
      if (!s.open.empty() && s.open == s.close)
        problems.push_back({"close", "the same event opens and closes it", "name another"});
    });
    d.example(R"(
[stage.camera]
type   = "capture.synthetic"
moving = "5s"
still  = "20s"

[stage.motion]
type = "motion.detect"
from = "camera"

[stage.jpeg]
type = "encode.jpeg"
from = "camera"

[stage.gate]
type      = "flow.gate"
from      = { in = "jpeg", events = "motion" }
pre_roll  = "2s"
post_roll = "3s"
heartbeat = "10s"

[stage.end]
type = "sink.discard"
from = "gate"
)");
  }

  void run(LoopContext& context) override {
    context_ = &context;
    SteadyTime looked = context.clock().steady();
    while (!context.stopping() && !context.inputs_ended()) {
      const auto frame = context.take(kLookRound);
      const auto now = context.clock().steady();
      if (frame) take(frame, now);
      if (now - looked < kLookRound) continue;
      looked = now;
      forget_the_silent(now);
    }
    for (auto& [name, source] : sources_) let_go(source);
  }

  void on_gone(const std::string& name, Context& context) override {
    const auto it = sources_.find(name);
    if (it == sources_.end()) return;
    let_go(it->second);
    sources_.erase(it);
    context.hold(held_bytes_);
  }

  void on_event(const Event& event, Context& context) override {
    if (!open.empty() && event.name == open) {
      Gated* const source = gated(event.source, context.clock().steady(), Came::event);
      if (source && !source->open) opens(*source, event.stage);
    } else if (event.name == close) {
      const auto source = sources_.find(event.source);
      if (source != sources_.end() && source->second.open) closes(source->second);
    } else if (event.name == "stage.failed") {
      for (auto& [name, source] : sources_)
        if (source.open && source.opened_by == event.stage) closes(source);
    } else if (event.name == "stage.gave_up" && !open.empty()) {
      context.log(LogLevel::warning,
                  fmt::format("'{}' has given up: from now on all frames go on", event.stage));
      unwatched_ = true;
      for (auto& [name, source] : sources_) opens(source, event.stage);
    }
    context.hold(held_bytes_);
  }

 private:
  void opens(Gated& source, const std::string& by) {
    source.open = true;
    source.opened_by = by;
    source.closed_at.reset();
    while (!source.held.empty()) pass(oldest_of(source), source);
  }

  static void closes(Gated& source) {
    source.open = false;
    source.closed_at = source.newest;
  }

  enum class Came { frame, event };

  // Null: it is one source too many.
  Gated* gated(const std::string& name, SteadyTime now, Came came) {
    auto it = sources_.find(name);
    if (it == sources_.end()) {
      if (sources_.size() >= static_cast<std::size_t>(max_sources) && !make_room(now, came))
        return nullptr;
      it = sources_.try_emplace(name).first;
    }
    it->second.heard = now;
    return &it->second;
  }

  // Names without a frame go first, then who has been silent for longest. An event may be about any
  // name: it costs no source its place.
  bool make_room(SteadyTime now, Came came) {
    const auto yields = [](const Gated& source) {
      return source.heard + (source.open ? kYieldOpen : kYield);
    };
    const auto first = std::ranges::min_element(sources_, {}, [&](const auto& entry) {
      return std::pair(entry.second.newest.has_value(), yields(entry.second));
    });
    Gated& source = first->second;
    if (source.newest && (came == Came::event || now < yields(source))) return false;
    let_go(source);
    sources_.erase(first);
    return true;
  }

  void take(const FramePtr& frame, SteadyTime now) {
    Gated* const source = gated(frame->source, now, Came::frame);
    if (!source)
      return context_->fail(
          frame->source,
          fmt::format("flow.gate has {} sources already, see max_sources", max_sources));
    source->newest = frame->captured;
    if (source->closed_at && apart(frame->captured, *source->closed_at) >= post_roll)
      source->closed_at.reset();
    const bool shut =
        outside == Outside::none && !unwatched_ && !source->open && !source->closed_at;
    if (!shut) return pass(frame, *source);
    hold(frame, *source);
  }

  void hold(const FramePtr& frame, Gated& source) {
    const Image* image = frame->image();
    const FramePtr kept = image && image->lent() ? frame->with(image->owned()) : frame;
    source.held.push(kept);
    held_bytes_ += kept->bytes();
    while (!source.held.empty() && source.held.span() >= pre_roll) leaves(source);
    while (source.held.frames() > static_cast<std::size_t>(max_frames)) {
      leaves(source);
      tell_once("max_frames", source);
    }
    // What is held can be done without: where the graph's memory is used up, it is let go of.
    for (bool fits = context_->hold(held_bytes_);
         held_bytes_ > 0 && (!fits || held_bytes_ > static_cast<std::size_t>(max_bytes.bytes));
         fits = context_->hold(held_bytes_)) {
      Gated& fullest = std::ranges::max_element(sources_, {}, [](const auto& entry) {
                         return entry.second.held.bytes();
                       })->second;
      leaves(fullest);
      tell_once(fits ? "max_bytes" : "the graph's memory", fullest);
    }
  }

  // The oldest that is held of the source goes on as a heartbeat, or is lost.
  void leaves(Gated& source) {
    const FramePtr oldest = oldest_of(source);
    const bool beats = heartbeat > Duration::zero() &&
                       (!source.passed || apart(oldest->captured, *source.passed) >= heartbeat);
    if (beats) {
      pass(oldest, source);
    } else {
      context_->drop(oldest->source, kClosed);
    }
  }

  FramePtr oldest_of(Gated& source) {
    FramePtr oldest = source.held.pop();
    held_bytes_ -= oldest->bytes();
    return oldest;
  }

  void tell_once(std::string_view limit, const Gated& source) {
    if (std::exchange(told_, true)) return;
    context_->log(
        LogLevel::warning,
        fmt::format("only {} frames in {:.1f} s of pre_roll = \"{}\" can be held; see {}",
                    source.held.frames(), std::chrono::duration<double>(source.held.span()).count(),
                    format_duration(pre_roll), limit));
  }

  void pass(const FramePtr& frame, Gated& source) {
    source.passed = frame->captured;
    context_->emit(frame);
    context_->done();
  }

  void let_go(Gated& source) {
    while (!source.held.empty()) context_->drop(oldest_of(source)->source, kClosed);
  }

  void forget_the_silent(SteadyTime now) {
    const Duration rolls = pre_roll + post_roll + heartbeat;
    for (auto it = sources_.begin(); it != sources_.end();) {
      Gated& source = it->second;
      // A gate that is open stays so for a camera that comes back, if it ever was there.
      const bool there = source.open && source.newest;
      const bool kept = now - source.heard < rolls + (there ? kForgetOpen : kForget);
      if (!kept) let_go(source);
      it = kept ? std::next(it) : sources_.erase(it);
    }
    context_->hold(held_bytes_);
  }

  LoopContext* context_ = nullptr;        // while run() runs; on_event() comes from within it
  std::size_t held_bytes_ = 0;            // of all sources
  bool unwatched_ = false;                // who would open and close it has given up
  bool told_ = false;                     // that a limit has made the pre-roll shorter
  std::map<std::string, Gated> sources_;  // at most max_sources
};
SLUICE_STAGE(Gate, "flow.gate");

}  // namespace
}  // namespace sluice
