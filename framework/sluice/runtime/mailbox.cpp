#include <algorithm>
#include <sluice/runtime/mailbox.hpp>
#include <utility>

namespace sluice {
namespace {

// Events are small, but a stage that is stuck for good must not gather them without end.
constexpr std::size_t kMostEvents = 4096;
// The same of sources that are gone. One that is not told of stays in tables that have bounds.
constexpr std::size_t kMostGone = 1024;
// Lanes, past which those that are empty are looked for.
constexpr std::size_t kManyLanes = 1024;
// The budget is asked for so much at once, so that small frames cost nothing; of a small one for
// less, or the mailboxes alone would use it up.
std::size_t grain_of(const MemoryBudget* budget) {
  constexpr std::size_t kMost = 1 << 20, kParts = 1024;
  return budget ? std::clamp<std::size_t>(budget->limit() / kParts, 1, kMost) : kMost;
}

void call(const std::vector<std::pair<const Waker*, Waker>>& blocked) {
  for (const auto& [sender, waker] : blocked) waker();
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

Mailbox::Mailbox(MailboxRules rules, MemoryBudget* budget)
    : rules_(rules), capacity_(capacity_of(rules)), budget_(budget), grain_(grain_of(budget)) {}

Mailbox::~Mailbox() {
  if (budget_) budget_->give_back(charged_);
}

bool Mailbox::fits(std::size_t bytes) const {
  if (rules_.max_bytes != 0 && count_ > 0 && bytes_ + bytes > rules_.max_bytes) return false;
  return rules_.when_full == WhenFull::latest || count_ < capacity_;
}

// Whether the budget has room for this mailbox to hold so many bytes.
bool Mailbox::charge(std::size_t bytes) {
  if (!budget_ || bytes <= charged_) return true;
  const std::size_t more = (bytes - charged_ + grain_ - 1) / grain_ * grain_;
  if (!budget_->take(more)) return false;
  charged_ += more;
  return true;
}

// What it needs no more; while frames run through it, a little is kept for the next.
void Mailbox::uncharge(bool idle) {
  if (charged_ == 0 || (!idle && charged_ <= bytes_ + 2 * grain_)) return;
  const std::size_t left = (bytes_ + grain_ - 1) / grain_ * grain_;
  budget_->give_back(charged_ - left);
  charged_ = left;
}

Mailbox::Lane& Mailbox::lane_of(const Letter& letter) {
  if (lanes_.size() <= letter.input) lanes_.resize(letter.input + std::size_t{1});
  auto& lanes = lanes_[letter.input];
  const Frame& frame = *letter.frame;
  auto it = lanes.find(frame.source);
  if (it == lanes.end()) {
    // Who sends under ever new names without saying that the old ones are gone fills nothing.
    if (lanes.size() >= kManyLanes)
      for (auto old = lanes.begin(); old != lanes.end();)
        old = old->second.letters.empty() ? erase(lanes, old) : std::next(old);
    it = lanes.try_emplace(frame.source).first;
  }
  put_into_group(it->second, frame);
  return it->second;
}

// Where the source's sender isn't another than it was, that is done already.
void Mailbox::put_into_group(Lane& lane, const Frame& frame) {
  // A source of this machine is a group by itself.
  const std::uint64_t key =
      frame.sender != 0 ? frame.sender : std::hash<std::string>()(frame.source);
  if (lane.group && lane.group->key == key) return;
  if (lane.group) leave_group(lane);
  Group& group = groups_[key];
  group.key = key;
  ++group.lanes;
  group.bytes += lane.bytes;
  lane.group = &group;
  if (lane.letters.empty()) return;
  lane.waiting = true;
  group.waiting.push_back(&lane);
  if (!std::exchange(group.has_turn, true)) turns_.push_back(&group);
}

void Mailbox::leave_group(Lane& lane) {
  Group& group = *std::exchange(lane.group, nullptr);
  if (std::exchange(lane.waiting, false)) std::erase(group.waiting, &lane);
  group.bytes -= lane.bytes;
  if (--group.lanes > 0) return;
  if (group.has_turn) std::erase(turns_, &group);
  groups_.erase(group.key);
}

Mailbox::Lanes::iterator Mailbox::erase(Lanes& lanes, Lanes::iterator lane) {
  leave_group(lane->second);
  return lanes.erase(lane);
}

Letter Mailbox::pop_from(Lane& lane) {
  Letter letter = lane.letters.pop();
  lane.bytes -= letter.bytes;
  lane.group->bytes -= letter.bytes;
  bytes_ -= letter.bytes;
  --count_;
  return letter;
}

void Mailbox::enqueue(Letter letter) {
  bytes_ += letter.bytes;
  ++count_;
  ++queued_ever_;
  if (rules_.when_full != WhenFull::latest) {
    queue_.push(std::move(letter));
    return;
  }
  Lane& lane = lane_of(letter);
  Group& group = *lane.group;
  lane.bytes += letter.bytes;
  group.bytes += letter.bytes;
  lane.letters.push(std::move(letter));
  if (!std::exchange(lane.waiting, true)) group.waiting.push_back(&lane);
  if (!std::exchange(group.has_turn, true)) turns_.push_back(&group);
}

Letter Mailbox::dequeue() {
  if (rules_.when_full != WhenFull::latest) {
    Letter letter = queue_.pop();
    --count_;
    bytes_ -= letter.bytes;
    return letter;
  }
  for (;;) {
    Group& group = *turns_.front();
    turns_.pop_front();
    group.has_turn = false;
    while (!group.waiting.empty() && group.waiting.front()->letters.empty()) {
      group.waiting.front()->waiting = false;
      group.waiting.pop_front();
    }
    if (group.waiting.empty()) continue;
    Lane& lane = *group.waiting.front();
    group.waiting.pop_front();
    Letter letter = pop_from(lane);
    // The source's next frame waits until each of the sender's sources had its turn, and the
    // sender's until each other sender had.
    if ((lane.waiting = !lane.letters.empty())) group.waiting.push_back(&lane);
    if ((group.has_turn = !group.waiting.empty())) turns_.push_back(&group);
    return letter;
  }
}

void Mailbox::drop(const Frame& frame, std::string_view cause) {
  ledger_.settle_dropped(frame.source, cause);
  if (recorder_) recorder_->refused(frame, cause);
}

// Lets frames that wait go until this one has room. Where it is to go itself: the cause.
std::string_view Mailbox::make_room(const Letter& letter, std::size_t bytes) {
  if (rules_.when_full == WhenFull::latest) return make_room_in_lanes(letter, bytes);
  for (;;) {
    const bool room = fits(bytes);
    if (room && charge(bytes_ + bytes)) return {};
    const auto why = room ? cause::over_memory : cause::mailbox_full;
    if (count_ == 0 || rules_.when_full != WhenFull::drop_oldest) return why;
    drop(*dequeue().frame, why);
  }
}

// The newest of a source takes the oldest's place, and keeps its turn. Where it is the bytes that
// are too many, the sender that has most of them gives, of its sources the one that has most: no
// camera is in the way of another.
std::string_view Mailbox::make_room_in_lanes(const Letter& letter, std::size_t bytes) {
  Lane& own = lane_of(letter);
  if (own.letters.size() >= capacity_) drop(*pop_from(own).frame, cause::mailbox_full);
  for (;;) {
    const bool room = fits(bytes);
    if (room && charge(bytes_ + bytes)) return {};
    const auto why = room ? cause::over_memory : cause::mailbox_full;
    Group* greediest = own.group;
    for (auto& [key, group] : groups_)
      if (group.bytes > greediest->bytes) greediest = &group;
    if (own.group->bytes + bytes > greediest->bytes) greediest = own.group;
    Lane* fullest = greediest == own.group ? &own : nullptr;
    for (Lane* lane : greediest->waiting)
      if (!fullest || lane->bytes > fullest->bytes) fullest = lane;
    if (!fullest || fullest->letters.empty()) return why;
    drop(*pop_from(*fullest).frame, why);
  }
}

Mailbox::Pushed Mailbox::push(Letter& letter, Full when_full, const Waker& retry) {
  std::unique_lock lock(mutex_);
  const std::size_t bytes = letter.bytes = letter.frame->bytes();
  const auto refuse = [&](std::string_view why) {
    ledger_.arrived(*letter.frame, letter.queued, bytes);
    drop(*letter.frame, why);
    return Pushed::taken;
  };
  if (abandoned_) return refuse(*abandoned_);
  if (rules_.max_bytes != 0 && bytes > rules_.max_bytes) return refuse(cause::over_max_bytes);
  if (rules_.when_full == WhenFull::block && !fits(bytes)) {
    if (nobody_waits_) return refuse(cause::stage_down);
    if (when_full == Full::drop) return refuse(cause::mailbox_full);
    const bool waits = std::any_of(blocked_.begin(), blocked_.end(),
                                   [&](const auto& sender) { return sender.first == &retry; });
    if (!waits) blocked_.emplace_back(&retry, retry);
    return Pushed::full;
  }
  ledger_.arrived(*letter.frame, letter.queued, bytes);
  if (const auto why = make_room(letter, bytes); !why.empty()) {
    drop(*letter.frame, why);
    return Pushed::taken;
  }
  enqueue(std::move(letter));
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) wake_();
  return Pushed::taken;
}

void Mailbox::refuse(const Letter& letter, std::string_view cause) {
  const std::lock_guard lock(mutex_);
  ledger_.arrived(*letter.frame, letter.queued, letter.frame->bytes());
  drop(*letter.frame, cause);
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

void Mailbox::gone(const std::string& source) {
  std::unique_lock lock(mutex_);
  if (abandoned_) return;
  // Only the last word counts: what has come since the one before is forgotten by this one.
  std::erase_if(gone_, [&](const Gone& g) { return g.source == source; });
  if (gone_.size() >= kMostGone) gone_.pop_front();
  gone_.push_back({source, queued_ever_});
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) wake_();
}

// Whether what its source had here before has been taken.
bool Mailbox::is_due(const Gone& gone) const {
  if (rules_.when_full != WhenFull::latest) return queued_ever_ - count_ >= gone.behind;
  return std::all_of(lanes_.begin(), lanes_.end(), [&](const auto& lanes) {
    const auto it = lanes.find(gone.source);
    return it == lanes.end() || it->second.letters.empty();
  });
}

// They are in order, but under `latest`: there one source that came back holds up no other's end.
std::deque<Mailbox::Gone>::iterator Mailbox::first_due() {
  if (rules_.when_full == WhenFull::latest)
    return std::find_if(gone_.begin(), gone_.end(), [this](const Gone& g) { return is_due(g); });
  return !gone_.empty() && is_due(gone_.front()) ? gone_.begin() : gone_.end();
}

void Mailbox::forget(const std::string& source) {
  ledger_.gone(source);
  for (auto& lanes : lanes_) {
    const auto it = lanes.find(source);
    if (it == lanes.end() || !it->second.letters.empty()) continue;
    erase(lanes, it);
  }
}

void Mailbox::nobody_waits(bool so) {
  std::unique_lock lock(mutex_);
  nobody_waits_ = so;
  const auto blocked = so ? std::exchange(blocked_, {}) : Blocked{};
  lock.unlock();
  call(blocked);
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

Mailbox::Blocked Mailbox::unblock() {
  if (blocked_.empty()) return {};
  // Half empty: senders are woken for several frames at once, not for each.
  const bool room = count_ <= capacity_ / 2 &&
                    (rules_.max_bytes == 0 || count_ == 0 || bytes_ <= rules_.max_bytes / 2);
  return room || abandoned_ ? std::exchange(blocked_, {}) : Blocked{};
}

Mailbox::Taken Mailbox::take(std::size_t finished, UtcTime now) {
  Taken taken;
  std::unique_lock lock(mutex_);
  ledger_.settle_out(finished);
  in_hand_ -= finished;
  for (;;) {
    if (!events_.empty()) {
      taken.event = std::move(events_.front());
      events_.pop_front();
      return taken;
    }
    if (const auto due = first_due(); due != gone_.end()) {
      taken.gone = std::move(due->source);
      gone_.erase(due);
      forget(*taken.gone);
      return taken;
    }
    if (count_ == 0) break;  // and nobody is gone, as each would be due
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
  uncharge(!taken.letter);
  if (!taken.letter) {
    taken.ended = producers_ == 0;
    idle_ = !taken.ended;
  }
  const auto blocked = unblock();
  lock.unlock();
  call(blocked);
  return taken;
}

bool Mailbox::settle_out(std::size_t frames) {
  const std::lock_guard lock(mutex_);
  const auto settled = std::min(frames, in_hand_);
  ledger_.settle_out(settled);
  in_hand_ -= settled;
  return settled == frames;
}

bool Mailbox::settle_dropped(const std::string& source, std::string_view cause) {
  const std::lock_guard lock(mutex_);
  if (in_hand_ == 0) return false;
  ledger_.settle_dropped(source, cause);
  --in_hand_;
  return true;
}

bool Mailbox::settle_failed(const std::string& source) {
  const std::lock_guard lock(mutex_);
  if (in_hand_ == 0) return false;
  ledger_.settle_failed(source);
  --in_hand_;
  return true;
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
  gone_.clear();
  uncharge(true);
  const auto blocked = unblock();
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  call(blocked);
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

std::size_t Mailbox::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace sluice
