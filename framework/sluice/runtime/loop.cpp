#include <sys/eventfd.h>
#include <unistd.h>

#include <sluice/runtime/replica.hpp>
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

void Loop::nudge() {
  {
    const std::lock_guard lock(mutex_);
    ++nudges_;
  }
  changed_.notify_all();
  // A source has no mailbox to poll for: its descriptor only tells it to stop.
  if (mailbox() || stopping_) signal_fd();
}

bool Loop::wait(Duration limit) {
  account();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return stopping_.load(); });
  return stopping_;
}

FramePtr Loop::take(Duration limit) {
  account();
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = nudges_;
    }
    if (stopping_) return nullptr;
    const auto now = clock().steady();
    const auto utc = clock().utc();
    auto taken = mailbox()->take(0, utc);
    if (taken.event) {
      stage_->on_event(*taken.event, *this);
      continue;
    }
    if (taken.letter) {
      measure(taken, now, utc);
      input_ = taken.letter->input;
      return std::move(taken.letter->frame);
    }
    if (taken.ended) return nullptr;
    // The mailbox is idle now. Clear the descriptor, and set it again if a letter came between.
    std::uint64_t value = 0;
    [[maybe_unused]] const auto n = read(wake_fd_, &value, sizeof value);
    if (stopping_ || mailbox()->has_something()) {
      signal_fd();
      continue;
    }
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [&] { return nudges_ != seen; })) return nullptr;
  }
}

void Loop::done(std::size_t frames) {
  if (recorder()) recorder()->done(frames, clock().steady());
  mailbox()->settle_out(frames);
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

void Loop::deliver_all(FramePtr frame, std::string_view output, Mailbox::Full when_full) {
  const auto& out = run_.outputs.find(output);
  out.tap->pass(frame);
  const auto now = clock().steady();
  const bool source = mailbox() == nullptr && begins(*frame, out);
  const Duration age_now = source ? source_arrived(*frame, now) : Duration(0);
  for (const auto& link : out.links) {
    Letter letter{frame, link.input, now};
    for (;;) {
      std::uint64_t seen = 0;
      {
        const std::lock_guard lock(mutex_);
        seen = nudges_;
      }
      // A stopping stage waits no longer: what finds no room is dropped there, and counted.
      const auto full = stopping_ ? Mailbox::Full::drop : when_full;
      if (link.to->of(frame->source).push(letter, full, wake_) == Mailbox::Pushed::taken) break;
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return nudges_ != seen; });  // woken by the mailbox or by stop()
    }
  }
  account();
  if (!source) return;
  source_out();
  const auto end = clock().steady();
  processing.add(end - now, *frame);
  if (recorder()) recorder()->handed_on(*frame, now, end, age_now);
}

void Loop::drop(const std::string& source, std::string_view cause) {
  settle_dropped(source, cause);
}

void Loop::fail(const std::string& source, std::string_view why) { settle_failed(source, why); }

std::string_view Loop::input() const {
  const auto& inputs = run_.plan.type->inputs;
  return inputs.empty() ? std::string_view() : std::string_view(inputs[input_].name);
}

}  // namespace sluice
