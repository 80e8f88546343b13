#include <sluice/runtime/mailbox.hpp>
#include <utility>

namespace sluice {
namespace {

// Events are small, but a stage that is stuck for good must not gather them without end.
constexpr std::size_t kMostEvents = 4096;

void call(const std::vector<Waker>& wakers) {
  for (const auto& waker : wakers) waker();
}

}  // namespace

void LetterQueue::push(Letter letter) {
  if (size_ == ring_.size()) {
    std::vector<Letter> larger(ring_.empty() ? 4 : 2 * ring_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(ring_[(first_ + i) % size_]);
    ring_ = std::move(larger);
    first_ = 0;
  }
  auto last = first_ + size_;
  if (last >= ring_.size()) last -= ring_.size();
  ring_[last] = std::move(letter);
  ++size_;
}

Letter LetterQueue::pop() {
  Letter letter = std::move(ring_[first_]);
  if (++first_ == ring_.size()) first_ = 0;
  --size_;
  return letter;
}

Mailbox::Mailbox(MailboxRules rules) : rules_(rules), capacity_(capacity_of(rules)) {}

bool Mailbox::fits(std::size_t bytes) const {
  if (rules_.max_bytes != 0 && count_ > 0 && bytes_ + bytes > rules_.max_bytes) return false;
  return rules_.when_full == WhenFull::latest || count_ < capacity_;
}

Mailbox::Lane& Mailbox::lane_of(const Letter& letter) {
  if (lanes_.size() <= letter.input) lanes_.resize(letter.input + std::size_t{1});
  return lanes_[letter.input][letter.frame->source];
}

void Mailbox::enqueue(Letter letter) {
  bytes_ += letter.frame->bytes();
  ++count_;
  if (rules_.when_full != WhenFull::latest) {
    queue_.push(std::move(letter));
    return;
  }
  Lane& lane = lane_of(letter);
  lane.letters.push(std::move(letter));
  if (!std::exchange(lane.waiting, true)) turns_.push_back(&lane);
}

Letter Mailbox::dequeue() {
  Letter letter;
  if (rules_.when_full != WhenFull::latest) {
    letter = queue_.pop();
  } else {
    Lane* lane = nullptr;
    do {
      lane = turns_.front();
      turns_.pop_front();
      lane->waiting = false;
    } while (lane->letters.empty());
    letter = lane->letters.pop();
    // The source's next frame waits until every other source had its turn.
    if ((lane->waiting = !lane->letters.empty())) turns_.push_back(lane);
  }
  --count_;
  bytes_ -= letter.frame->bytes();
  return letter;
}

void Mailbox::drop(const Frame& frame, std::string_view cause) {
  ledger_.settle_dropped(frame.source, cause);
  if (recorder_) recorder_->refused(frame, cause);
}

Mailbox::Pushed Mailbox::push(Letter& letter, Full when_full, const Waker& retry) {
  std::unique_lock lock(mutex_);
  const std::size_t bytes = letter.frame->bytes();
  const auto refuse = [&](std::string_view why) {
    ledger_.arrived(*letter.frame, letter.queued);
    drop(*letter.frame, why);
    return Pushed::taken;
  };
  if (abandoned_) return refuse(*abandoned_);
  if (rules_.max_bytes != 0 && bytes > rules_.max_bytes) return refuse(cause::over_max_bytes);
  if (rules_.when_full == WhenFull::block && !fits(bytes)) {
    if (when_full == Full::drop) return refuse(cause::mailbox_full);
    blocked_.push_back(retry);
    return Pushed::full;
  }
  if (rules_.when_full == WhenFull::drop_newest && !fits(bytes)) return refuse(cause::mailbox_full);
  ledger_.arrived(*letter.frame, letter.queued);
  if (rules_.when_full == WhenFull::latest) {
    Lane& lane = lane_of(letter);
    if (lane.letters.size() >= capacity_) {
      // The newest takes the oldest's place; the source keeps its turn.
      const Letter oldest = lane.letters.pop();
      --count_;
      bytes_ -= oldest.frame->bytes();
      drop(*oldest.frame, cause::mailbox_full);
    }
  }
  while (!fits(bytes)) drop(*dequeue().frame, cause::mailbox_full);
  enqueue(std::move(letter));
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) wake_();
  return Pushed::taken;
}

void Mailbox::push(const Event& event) {
  std::unique_lock lock(mutex_);
  if (abandoned_ || events_.size() >= kMostEvents) {
    ++events_dropped_;
    return;
  }
  events_.push_back(event);
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) wake_();
}

void Mailbox::add_producer() {
  const std::lock_guard lock(mutex_);
  ++producers_;
}

void Mailbox::producer_ended() {
  std::unique_lock lock(mutex_);
  if (--producers_ > 0) return;
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) wake_();
}

std::vector<Waker> Mailbox::unblock() {
  if (blocked_.empty()) return {};
  // Half empty: senders are woken for several frames at once, not for each.
  const bool room = count_ <= capacity_ / 2 &&
                    (rules_.max_bytes == 0 || count_ == 0 || bytes_ <= rules_.max_bytes / 2);
  return room || abandoned_ ? std::exchange(blocked_, {}) : std::vector<Waker>{};
}

Mailbox::Taken Mailbox::take(std::size_t finished, UtcTime now) {
  Taken taken;
  std::unique_lock lock(mutex_);
  ledger_.settle_out(finished);
  in_hand_ -= finished;
  if (!events_.empty()) {
    taken.event = std::move(events_.front());
    events_.pop_front();
    return taken;
  }
  while (count_ > 0) {
    Letter letter = dequeue();
    if (rules_.max_age.count() > 0 && now - letter.frame->captured > rules_.max_age) {
      drop(*letter.frame, cause::too_old);
      continue;
    }
    taken.book = &ledger_.book(letter.frame->source);
    taken.letter = std::move(letter);
    ++in_hand_;
    break;
  }
  if (!taken.letter) {
    taken.ended = producers_ == 0;
    idle_ = !taken.ended;
  }
  const auto wakers = unblock();
  lock.unlock();
  call(wakers);
  return taken;
}

void Mailbox::settle_out(std::size_t frames) {
  const std::lock_guard lock(mutex_);
  ledger_.settle_out(frames);
  in_hand_ -= frames;
}

void Mailbox::settle_dropped(const std::string& source, std::string_view cause) {
  const std::lock_guard lock(mutex_);
  ledger_.settle_dropped(source, cause);
  --in_hand_;
}

void Mailbox::settle_failed(const std::string& source) {
  const std::lock_guard lock(mutex_);
  ledger_.settle_failed(source);
  --in_hand_;
}

void Mailbox::fail_all_in_hand() {
  const std::lock_guard lock(mutex_);
  for (; in_hand_ > 0; --in_hand_) ledger_.settle_failed({});
}

void Mailbox::abandon(std::string_view cause) {
  std::unique_lock lock(mutex_);
  if (!abandoned_) abandoned_ = std::string(cause);
  while (count_ > 0) drop(*dequeue().frame, *abandoned_);
  events_dropped_ += events_.size();
  events_.clear();
  const auto wakers = unblock();
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  call(wakers);
  if (wake) wake_();
}

bool Mailbox::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_locked();
}

bool Mailbox::has_something() const {
  const std::lock_guard lock(mutex_);
  return producers_ == 0 || !nothing_left();
}

std::uint64_t Mailbox::events_dropped() const {
  const std::lock_guard lock(mutex_);
  return events_dropped_;
}

}  // namespace sluice
