// The bounded queue in front of a stage.
//
// Any number of threads push, one consumer takes. The mailbox belongs to the graph, not to the
// stage object, so a restarted stage finds its frames. The consumer is woken only when the mailbox
// turns from idle to not idle; wakers are called with no lock held.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <sluice/graph/stage_type.hpp>
#include <sluice/media/event.hpp>
#include <sluice/observe/flight_recorder.hpp>
#include <sluice/observe/ledger.hpp>
#include <sluice/runtime/memory_budget.hpp>
#include <unordered_map>
#include <vector>

namespace sluice {

// Gives a stage a chance to go on. Safe from any thread; may come more often than needed.
using Waker = std::function<void()>;

struct Letter {
  FramePtr frame;
  std::uint8_t input = 0;  // index into the stage's inputs
  SteadyTime queued{};
  std::size_t bytes = 0;  // of the frame; the mailbox's own
};

// A ring of letters that keeps its memory.
class LetterQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  void push(Letter letter);
  Letter pop();

 private:
  std::vector<Letter> ring_;
  std::size_t first_ = 0, size_ = 0;
};

class Mailbox {
 public:
  enum class Pushed { taken, full };
  // What a sender does where the rule is `block` and there is no room.
  enum class Full { wait, drop };

  // What it holds counts towards the budget (null: towards none), which outlives it.
  explicit Mailbox(MailboxRules rules, MemoryBudget* budget = nullptr);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // The consumer's. Set before the first push.
  void on_wake(Waker waker) { wake_ = std::move(waker); }

  // `full` only under `block` with Full::wait: the letter was not taken, and `retry` is called once
  // when there is room (or the mailbox is abandoned). A sender passes the same Waker each time.
  Pushed push(Letter& letter, Full when_full, const Waker& retry);
  void push(const Event& event);
  // A letter that its sender gives up for this cause, as if it had come and been dropped here.
  void refuse(const Letter& letter, std::string_view cause);
  // Nothing more comes of this source: told to the consumer when what it has here has been taken.
  void gone(const std::string& source);

  // The consumer is away and may stay away: nobody waits for room, what finds none is dropped.
  void nobody_waits(bool so);

  // See Ledger. Before anything is pushed.
  void time_sources() { ledger_.time_sources(); }

  // Tells the recorder what is dropped here. Before anything is pushed.
  void record(FlightRecorder& recorder) { recorder_ = &recorder; }

  // Who feeds the mailbox; it has ended when all of them have.
  void add_producer();
  void producer_ended();

  struct Taken {
    std::optional<Letter> letter;
    std::optional<Event> event;
    std::optional<std::string> gone;  // a source of which nothing more comes
    SourceBook* book = nullptr;       // of the letter's source
    bool ended = false;               // nothing is left and nothing will come
  };
  // Settles `finished` frames that were in hand as out, and takes what is next. Where
  // there is none, the mailbox turns idle, and the next push wakes the consumer. Frames older than
  // max_age are dropped here.
  Taken take(std::size_t finished, UtcTime now);

  // Frames in hand, settled otherwise. False: there are not so many in hand, and only those that
  // are were settled.
  bool settle_out(std::size_t frames);
  bool settle_dropped(const std::string& source, std::string_view cause);
  bool settle_failed(const std::string& source);
  // The stage is gone, and with it the frames it held.
  void fail_all_in_hand();

  // Nothing will be taken any more: what is queued and what comes is dropped for this cause.
  // Of several calls the first one's cause stands.
  void abandon(std::string_view cause);

  bool ended() const;          // as Taken::ended
  bool has_something() const;  // take() would give something or the end

  std::uint64_t events_dropped() const;
  std::size_t bytes() const;  // of the frames that wait

  // Calls read(const Ledger&, frames queued or in hand) while the books stand still.
  template <class F>
  void read_books(F&& read) const {
    const std::lock_guard lock(mutex_);
    read(ledger_, count_ + in_hand_);
  }

 private:
  struct Group;
  // Frames of one source and input, under `latest`.
  struct Lane {
    LetterQueue letters;
    std::size_t bytes = 0;
    Group* group = nullptr;
    bool waiting = false;  // is in its group's `waiting`: it has letters, or had some
  };
  // The lanes of one sender, which has one turn for all of them; see Frame::sender.
  struct Group {
    std::uint64_t key = 0;
    std::size_t lanes = 0;
    std::size_t bytes = 0;
    std::deque<Lane*> waiting;
    bool has_turn = false;  // is in turns_
  };
  using Lanes = std::unordered_map<std::string, Lane>;
  // A source of which nothing more comes, behind so many letters of all that were ever queued.
  struct Gone {
    std::string source;
    std::uint64_t behind;
  };

  bool fits(std::size_t bytes) const;
  bool charge(std::size_t bytes);
  void uncharge(bool idle);
  Lane& lane_of(const Letter& letter);
  void put_into_group(Lane& lane, const Frame& frame);
  void leave_group(Lane& lane);
  Lanes::iterator erase(Lanes& lanes, Lanes::iterator lane);
  Letter pop_from(Lane& lane);
  void enqueue(Letter letter);
  Letter dequeue();
  void drop(const Frame& frame, std::string_view cause);
  std::string_view make_room(const Letter& letter, std::size_t bytes);
  std::string_view make_room_in_lanes(const Letter& letter, std::size_t bytes);
  bool is_due(const Gone& gone) const;
  std::deque<Gone>::iterator first_due();
  void forget(const std::string& source);
  bool nothing_left() const { return count_ == 0 && events_.empty() && gone_.empty(); }
  bool ended_locked() const { return producers_ == 0 && nothing_left(); }
  // Senders to wake, if there is room for them by now.
  using Blocked = std::vector<std::pair<const Waker*, Waker>>;
  Blocked unblock();

  const MailboxRules rules_;
  const std::size_t capacity_;
  MemoryBudget* const budget_;
  const std::size_t grain_;
  Waker wake_;
  FlightRecorder* recorder_ = nullptr;

  mutable std::mutex mutex_;
  Ledger ledger_;
  LetterQueue queue_;  // all rules but `latest`
  // `latest`: by input, so that one port's frame of a source never displaces another's.
  std::vector<Lanes> lanes_;
  std::unordered_map<std::uint64_t, Group> groups_;
  std::deque<Group*> turns_;
  std::size_t count_ = 0, bytes_ = 0;  // queued
  std::size_t charged_ = 0;            // taken from the budget, at least bytes_
  std::uint64_t queued_ever_ = 0;
  std::size_t in_hand_ = 0;  // taken and not yet settled
  std::deque<Event> events_;
  std::deque<Gone> gone_;
  std::uint64_t events_dropped_ = 0;
  // Senders that wait, by their Waker's address: each once.
  Blocked blocked_;
  bool nobody_waits_ = false;
  int producers_ = 0;
  bool idle_ = true;
  std::optional<std::string> abandoned_;
};

}  // namespace sluice
