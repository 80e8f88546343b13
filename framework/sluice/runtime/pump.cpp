#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <sluice/runtime/replica.hpp>

namespace sluice {
namespace {

// How long a pump keeps its worker thread: long enough to make a wake's cost small beside the work,
// short enough for control and for other stages.
constexpr Duration kTurn = std::chrono::milliseconds(1);

// What the stage may emit beyond the room that there is behind it; more is dropped there.
constexpr std::size_t kMostParked = 4096;

}  // namespace

Pump::Progress Pump::pump() {
  enter();
  if (!timed()) return turn();
  const Costs before = costs_of_this_thread();
  const Progress progress = turn();
  costs.add_since(before);
  return progress;
}

Pump::Progress Pump::turn() {
  if (!unpark()) return Progress::stalled;
  if (finished_) return Progress::ended;
  auto now = clock().steady();
  const Busy busy(*this, now);
  const auto turn_ends = now + kTurn;
  // One reading of both clocks a turn: within a turn UTC runs as the steady clock does.
  const auto utc_offset = clock().utc().time_since_epoch() - now.time_since_epoch();
  std::size_t done = 0;
  for (;;) {
    const UtcTime utc(now.time_since_epoch() + utc_offset);
    const auto taken = mailbox()->take(std::exchange(done, 0), utc);
    if (taken.event) {
      stage_->on_event(*taken.event, *this);
      now = clock().steady();
    } else if (taken.gone) {
      forget_source(*taken.gone);
      stage_->on_gone(*taken.gone, *this);
      gone(*taken.gone);
      now = clock().steady();
    } else if (taken.letter) {
      measure(taken, now, utc);
      if (process(taken)) done = 1;
      const auto after = clock().steady();
      if (recorder() && done == 1) recorder()->done(1, after);
      processing.add(after - now, *taken.letter->frame);
      if (taken.book->times) taken.book->times->process.add(after - now, *taken.letter->frame);
      now = after;
    } else if (taken.ended) {
      finished_ = true;
      if (!abandoned_) stage_->finish(*this);
      return parked_.empty() ? Progress::ended : Progress::stalled;
    } else {
      return Progress::idle;
    }
    const bool stalled = !parked_.empty();
    if (stalled || now > turn_ends || abandoned_) {
      mailbox()->settle_out(done);
      // Room may have come while the rest was handed out: look again before waiting.
      return stalled ? Progress::stalled : Progress::more;
    }
  }
}

// False: the stage settled the frame otherwise than by being done with it.
bool Pump::process(const Mailbox::Taken& taken) {
  if (!takes(*taken.letter)) return false;
  input_ = taken.letter->input;
  settled_ = false;
  const FramePtr& frame = taken.letter->frame;
  try {
    stage_->process(frame, *this);
  } catch (const FrameError& e) {
    if (!settled_) fail(frame->source, e.what());
  } catch (...) {
    settled_ = true;  // by destroy(), as failed; what it threw is for the supervisor
    throw;
  }
  return !std::exchange(settled_, true);
}

void Pump::tick() {
  // A stage that can't hand on what it has makes nothing more.
  if (!stage_ || finished_ || !unpark()) return;
  enter();
  const Busy busy(*this, clock().steady());
  stage_->on_tick(*this);
}

void Pump::abandon(std::string_view cause) {
  abandoned_ = true;
  Replica::abandon(cause);
}

void Pump::emit(FramePtr frame, std::string_view output) {
  deliver_all(std::move(frame), output, Mailbox::Full::wait);
}

void Pump::offer(FramePtr frame, std::string_view output) {
  deliver_all(std::move(frame), output, Mailbox::Full::drop);
}

void Pump::deliver_all(FramePtr frame, std::string_view output, Mailbox::Full when_full) {
  if (is_foreign("emit()") || !is_frame(frame)) return;
  const auto& [name, links, tap] = run_.outputs.find(output);
  tap->pass(frame);
  const auto now = clock().steady();
  for (std::size_t i = 0; i < links.size(); ++i) {
    const bool last = i + 1 == links.size();
    deliver(links[i], {last ? std::move(frame) : frame, links[i].input, now}, when_full);
  }
}

void Pump::deliver(const Route& link, Letter letter, Mailbox::Full when_full) {
  Mailbox& to = link.to->of(letter.frame->source);
  // Behind a parked letter of the same link the next has to wait too: order is kept.
  const bool behind =
      !parked_.empty() && std::any_of(parked_.rbegin(), parked_.rend(),
                                      [&](const Parked& p) { return p.link == &link; });
  if (!behind && to.push(letter, when_full, wake_) == Mailbox::Pushed::taken) return;
  const bool room =
      parked_.size() < kMostParked && parked_bytes() <= run_.environment.memory.limit() / 4;
  if (!room || when_full == Mailbox::Full::drop) return to.refuse(letter, cause::mailbox_full);
  set_parked_bytes(parked_bytes() + letter.frame->bytes());
  parked_.push_back({&link, std::move(letter)});
}

// Hands on what is parked, as far as there is room. False: some is left.
bool Pump::unpark() {
  if (parked_.empty()) return true;
  // Once the stage has given up or time is up, its own leftovers are not waited for.
  const auto when_full = abandoned_ ? Mailbox::Full::drop : Mailbox::Full::wait;
  std::vector<Parked> left;
  std::vector<const Route*> full;  // what comes after a letter that is left waits too
  std::size_t bytes = 0;
  for (auto& parked : parked_) {
    const bool behind = std::find(full.begin(), full.end(), parked.link) != full.end();
    if (!behind &&
        parked.link->to->of(parked.letter.frame->source).push(parked.letter, when_full, wake_) ==
            Mailbox::Pushed::taken)
      continue;
    if (!behind) full.push_back(parked.link);
    bytes += parked.letter.frame->bytes();
    left.push_back(std::move(parked));
  }
  parked_ = std::move(left);
  set_parked_bytes(bytes);
  if (!parked_.empty()) return false;
  for (const auto& source : std::exchange(gone_, {})) run_.outputs.gone(source);
  return true;
}

void Pump::gone(const std::string& source) {
  if (is_foreign("gone()")) return;
  if (parked_.empty()) return run_.outputs.gone(source);
  if (gone_.size() < kMostParked) gone_.push_back(source);
}

// Whether there is a frame in hand that drop() or fail() can be about.
bool Pump::settles(std::string_view call) {
  if (is_foreign(call)) return false;
  if (!std::exchange(settled_, true)) return true;
  mistake(
      fmt::format("{} without a frame in hand: a frame is settled once, within process()", call));
  return false;
}

void Pump::drop(const std::string& source, std::string_view cause) {
  if (settles("drop()")) settle_dropped(source, cause);
}

void Pump::fail(const std::string& source, std::string_view why) {
  if (settles("fail()")) settle_failed(source, why);
}

std::string_view Pump::input() const { return run_.plan.type->inputs[input_].name; }

}  // namespace sluice
