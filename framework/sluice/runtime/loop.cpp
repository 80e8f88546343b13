#include <sys/eventfd.h>
#include <unistd.h>

#include <sluice/runtime/replica.hpp>
#include <stdexcept>
#include <system_error>

namespace sluice {

Loop::Loop(StageRun& run, std::size_t worker)
    : ContextOf(run, worker), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  on_wake([this] { nudge(); });
}

Loop::~Loop() { close(wake_fd_); }

void Loop::loop() {
  if (timed()) accounted_ = costs_of_this_thread();
  static_cast<LoopStage&>(*stage_).run(*this);
  let_go_of_parked();
  account();
}

void Loop::account() {
  if (timed()) accounted_ = costs.add_since(accounted_);
}

void Loop::stop() {
  stopping_ = true;
  nudge();
}

void Loop::abandon(std::string_view cause) {
  Replica::abandon(cause);
  stop();
}

void Loop::signal_fd() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = write(wake_fd_, &one, sizeof one);
}

void Loop::clear_fd() {
  std::uint64_t value = 0;
  [[maybe_unused]] const auto n = read(wake_fd_, &value, sizeof value);
}

std::uint64_t Loop::nudges() {
  const std::lock_guard lock(mutex_);
  return nudges_;
}

void Loop::nudge() {
  {
    const std::lock_guard lock(mutex_);
    ++nudges_;
  }
  changed_.notify_all();
  // A source has no mailbox to poll for: its descriptor tells it to stop, and of room.
  if (!mailbox() && !stopping_ && !waits_for_room_) return;
  signal_fd();
  signalled_ = true;
}

bool Loop::wait(Duration limit) {
  account();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return stopping_.load(); });
  return stopping_;
}

FramePtr Loop::take(Duration limit) {
  if (!mailbox()) throw std::logic_error("take(): a source has no frames to take");
  if (is_foreign("take()")) return nullptr;
  account();
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto seen = nudges();
    if (stopping_) return nullptr;
    const auto now = clock().steady();
    const auto utc = clock().utc();
    auto taken = mailbox()->take(0, utc);
    if (taken.event) {
      stage_->on_event(*taken.event, *this);
      continue;
    }
    if (taken.gone) {
      stage_->on_gone(*taken.gone, *this);
      gone(*taken.gone);
      continue;
    }
    if (taken.letter) {
      measure(taken, now, utc);
      if (!takes(*taken.letter)) continue;
      input_ = taken.letter->input;
      return std::move(taken.letter->frame);
    }
    if (taken.ended) return nullptr;
    // The mailbox is idle now. Clear the descriptor, and set it again if a letter came between.
    clear_fd();
    if (stopping_ || mailbox()->has_something()) {
      signal_fd();
      continue;
    }
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [&] { return nudges_ != seen; })) return nullptr;
  }
}

void Loop::done(std::size_t frames) {
  if (!mailbox()) throw std::logic_error("done(): a source has no frames in hand");
  if (is_foreign("done()")) return;
  if (recorder()) recorder()->done(frames, clock().steady());
  if (!mailbox()->settle_out(frames))
    mistake("done() for more frames than are in hand: each is settled once");
}

bool Loop::inputs_ended() const { return run_.inbox && run_.inbox->worker(worker_).ended(); }

void Loop::emit(FramePtr frame, std::string_view output) {
  deliver_all(std::move(frame), output, Mailbox::Full::wait);
}

void Loop::offer(FramePtr frame, std::string_view output) {
  deliver_all(std::move(frame), output, Mailbox::Full::drop);
}

// Of a source: whether this is another frame than the last one, not the same by another output.
bool Loop::begins(const Frame& frame, const Output& out) {
  if (&out != counted_at_ && frame.sequence == counted_sequence_ && frame.source == counted_source_)
    return false;
  counted_at_ = &out;
  counted_sequence_ = frame.sequence;
  counted_source_ = frame.source;
  return true;
}

// Of a source: a frame that goes out is counted when it comes, and is in hand until it has left.
Loop::Leaving Loop::leaves(const Frame& frame, const Output& out, SteadyTime now) {
  if (mailbox() || !begins(frame, out)) return {};
  return {true, now, source_arrived(frame, now)};
}

void Loop::left(const Frame& frame, const Leaving& leaving) {
  if (!leaving.counts) return;
  source_out();
  const auto end = clock().steady();
  processing.add(end - leaving.since, frame);
  if (recorder()) recorder()->handed_on(frame, leaving.since, end, leaving.age);
}

void Loop::deliver_all(FramePtr frame, std::string_view output, Mailbox::Full when_full) {
  if (is_foreign("emit()") || !is_frame(frame)) return;
  // What try_emit() left over comes first: order is kept.
  for (;;) {
    const auto seen = nudges();
    if (unpark(stopping_ ? Mailbox::Full::drop : when_full)) break;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return nudges_ != seen; });
  }
  const auto& out = run_.outputs.find(output);
  out.tap->pass(frame);
  const auto now = clock().steady();
  const auto leaving = leaves(*frame, out, now);
  for (const auto& link : out.links) {
    Letter letter{frame, link.input, now};
    for (;;) {
      const auto seen = nudges();
      // A stopping stage waits no longer: what finds no room is dropped there, and counted.
      const auto full = stopping_ ? Mailbox::Full::drop : when_full;
      if (link.to->of(frame->source).push(letter, full, wake_) == Mailbox::Pushed::taken) break;
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return nudges_ != seen; });  // woken by the mailbox or by stop()
    }
  }
  account();
  left(*frame, leaving);
}

bool Loop::try_emit(FramePtr& frame, std::string_view output) {
  if (is_foreign("try_emit()")) return false;
  // Cleared first: room that comes from here on sets it again. A stage with a mailbox has it
  // cleared by take().
  if (!mailbox() && signalled_.exchange(false)) {
    clear_fd();
    if (stopping_) signal_fd();
  }
  waits_for_room_ = true;
  const auto full = stopping_ ? Mailbox::Full::drop : Mailbox::Full::wait;
  if (!unpark(full)) return false;
  if (frame) {
    const auto& out = run_.outputs.find(output);
    const FramePtr going = std::exchange(frame, nullptr);
    out.tap->pass(going);
    const auto now = clock().steady();
    const auto leaving = leaves(*going, out, now);
    for (const auto& link : out.links) {
      Letter letter{going, link.input, now};
      if (link.to->of(going->source).push(letter, full, wake_) == Mailbox::Pushed::full)
        parked_.push_back({&link, std::move(letter)});
    }
    left(*going, leaving);
    account();
    if (!parked_.empty()) return true;
  }
  waits_for_room_ = false;
  return true;
}

// Moves on what try_emit() left over, as far as there is room. False: some is left.
bool Loop::unpark(Mailbox::Full when_full) {
  std::erase_if(parked_, [&](Parked& parked) {
    return parked.link->to->of(parked.letter.frame->source).push(parked.letter, when_full, wake_) ==
           Mailbox::Pushed::taken;
  });
  if (!parked_.empty()) return false;
  for (const auto& source : std::exchange(gone_, {})) run_.outputs.gone(source);
  return true;
}

void Loop::gone(const std::string& source) {
  if (is_foreign("gone()")) return;
  forget_source(source);
  if (parked_.empty()) return run_.outputs.gone(source);
  constexpr std::size_t kMost = 1024;
  if (gone_.size() < kMost) gone_.push_back(source);
}

void Loop::drop(const std::string& source, std::string_view cause) {
  if (!is_foreign("drop()")) settle_dropped(source, cause);
}

void Loop::fail(const std::string& source, std::string_view why) {
  if (!is_foreign("fail()")) settle_failed(source, why);
}

std::string_view Loop::input() const {
  const auto& inputs = run_.plan.type->inputs;
  return inputs.empty() ? std::string_view() : std::string_view(inputs[input_].name);
}

}  // namespace sluice
