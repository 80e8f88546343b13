#include <memory>
#include <sluice/runtime/mailbox.hpp>
#include <sluice/runtime/wiring.hpp>
#include <sluice/testkit.hpp>
#include <thread>

#include "catch.hpp"

using namespace sluice;
using Sequences = std::vector<std::uint64_t>;

namespace {

const UtcTime kNow = testkit::FakeClock().utc();

FramePtr frame(const std::string& source, std::uint64_t sequence, int side = 2) {
  return testkit::make_frame(cv::Mat::zeros(side, side, CV_8UC1), source, sequence, kNow);
}

Mailbox::Pushed push(
    Mailbox& box, FramePtr f, Mailbox::Full full = Mailbox::Full::wait,
    const Waker& retry = [] {}) {
  Letter letter{std::move(f), 0, {}};
  return box.push(letter, full, retry);
}

// Takes all that is there, settled as out.
std::vector<std::string> drain(Mailbox& box, UtcTime now = kNow) {
  std::vector<std::string> got;
  std::size_t done = 0;
  for (;;) {
    auto taken = box.take(done, now);
    if (!taken.letter) return got;
    done = 1;
    got.push_back(taken.letter->frame->source + std::to_string(taken.letter->frame->sequence));
  }
}

struct Books {
  std::uint64_t in, out, failed, dropped, queued;
};
Books books(const Mailbox& box) {
  Books b{};
  box.read_books([&](const Ledger& l, std::size_t queued) {
    b = {l.in(), l.out(), l.failed(), l.dropped().total(), queued};
  });
  CHECK(b.in == b.out + b.dropped + b.failed + b.queued);
  return b;
}
std::uint64_t dropped(const Mailbox& box, std::string_view cause) {
  std::uint64_t n = 0;
  box.read_books([&](const Ledger& l, std::size_t) {
    for (const auto& [name, count] : l.dropped().by_cause())
      if (name == cause) n = count;
  });
  return n;
}

}  // namespace

TEST_CASE("a mailbox with drop_oldest keeps the newest frames, in order") {
  Mailbox box({.when_full = WhenFull::drop_oldest, .capacity = 3});
  box.on_wake([] {});
  box.add_producer();
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(push(box, frame("a", i)) == Mailbox::Pushed::taken);
  CHECK(books(box).queued == 3);
  CHECK(drain(box) == std::vector<std::string>{"a7", "a8", "a9"});
  CHECK(dropped(box, "mailbox_full") == 7);
}

TEST_CASE("a mailbox with drop_newest keeps what came first") {
  Mailbox box({.when_full = WhenFull::drop_newest, .capacity = 2});
  box.on_wake([] {});
  box.add_producer();
  for (std::uint64_t i = 0; i < 5; ++i) push(box, frame("a", i));
  CHECK(drain(box) == std::vector<std::string>{"a0", "a1"});
  CHECK(books(box).dropped == 3);
}

TEST_CASE("a mailbox with latest keeps the newest of each source and takes sources in turn") {
  Mailbox box({.when_full = WhenFull::latest});
  box.on_wake([] {});
  box.add_producer();
  for (std::uint64_t i = 0; i < 100; ++i) push(box, frame("fast", i));
  push(box, frame("slow", 0));
  CHECK(drain(box) == std::vector<std::string>{"fast99", "slow0"});
  CHECK(books(box).dropped == 99);

  SECTION("with a capacity, so many of each source, still in turn") {
    Mailbox deep({.when_full = WhenFull::latest, .capacity = 2});
    deep.on_wake([] {});
    deep.add_producer();
    for (std::uint64_t i = 0; i < 5; ++i) push(deep, frame("a", i));
    for (std::uint64_t i = 0; i < 2; ++i) push(deep, frame("b", i));
    CHECK(drain(deep) == std::vector<std::string>{"a3", "b0", "a4", "b1"});
  }
}

TEST_CASE("a mailbox with block refuses when full, and calls back when there is room") {
  Mailbox box({.when_full = WhenFull::block, .capacity = 2});
  box.on_wake([] {});
  box.add_producer();
  int retries = 0;
  const Waker retry = [&] { ++retries; };
  CHECK(push(box, frame("a", 0)) == Mailbox::Pushed::taken);
  CHECK(push(box, frame("a", 1)) == Mailbox::Pushed::taken);
  Letter third{frame("a", 2), 0, {}};
  CHECK(box.push(third, Mailbox::Full::wait, retry) == Mailbox::Pushed::full);
  REQUIRE(third.frame);  // still the sender's
  CHECK(books(box).in == 2);
  CHECK(retries == 0);
  (void)box.take(0, kNow);
  CHECK(retries == 1);
  CHECK(box.push(third, Mailbox::Full::wait, retry) == Mailbox::Pushed::taken);

  SECTION("a sender that never waits loses its frame there, counted") {
    CHECK(push(box, frame("a", 3), Mailbox::Full::drop) == Mailbox::Pushed::taken);
    CHECK(dropped(box, "mailbox_full") == 1);
    CHECK(books(box).in == 4);
  }
}

TEST_CASE("max_bytes bounds a mailbox by memory, one frame that is larger is dropped") {
  Mailbox box({.when_full = WhenFull::drop_oldest, .capacity = 100, .max_bytes = 1000});
  box.on_wake([] {});
  box.add_producer();
  for (std::uint64_t i = 0; i < 5; ++i) push(box, frame("a", i, 20));  // 400 bytes each
  CHECK(drain(box) == std::vector<std::string>{"a3", "a4"});
  push(box, frame("a", 5, 40));
  CHECK(dropped(box, "over_max_bytes") == 1);

  SECTION("with latest, too, over several sources") {
    Mailbox latest({.when_full = WhenFull::latest, .capacity = 2, .max_bytes = 1000});
    latest.on_wake([] {});
    latest.add_producer();
    for (std::uint64_t i = 0; i < 40; ++i)
      push(latest, frame(std::string(1, static_cast<char>('a' + i % 3)), i, 20));
    CHECK(drain(latest).size() == 2);
    CHECK(books(latest).in == 40);
  }
}

TEST_CASE("frames past max_age are dropped when their turn comes") {
  Mailbox box({.when_full = WhenFull::block, .max_age = std::chrono::milliseconds(200)});
  box.on_wake([] {});
  box.add_producer();
  push(box, frame("a", 0));
  CHECK(drain(box, kNow + std::chrono::milliseconds(201)).empty());
  CHECK(dropped(box, "too_old") == 1);
  push(box, frame("a", 1));
  CHECK(drain(box, kNow + std::chrono::milliseconds(200)).size() == 1);
}

TEST_CASE("the consumer is woken when the mailbox turns from idle to not, and only then") {
  Mailbox box({.when_full = WhenFull::drop_oldest});
  int wakes = 0;
  box.on_wake([&] { ++wakes; });
  box.add_producer();
  push(box, frame("a", 0));
  push(box, frame("a", 1));
  CHECK(wakes == 1);
  (void)drain(box);
  push(box, frame("a", 2));
  CHECK(wakes == 2);
}

TEST_CASE("a mailbox has ended when all that feed it have, and nothing is left") {
  Mailbox box({.when_full = WhenFull::block});
  int wakes = 0;
  box.on_wake([&] { ++wakes; });
  box.add_producer();
  box.add_producer();
  push(box, frame("a", 0));
  box.producer_ended();
  CHECK_FALSE(box.take(0, kNow).ended);
  CHECK_FALSE(box.take(1, kNow).ended);
  box.producer_ended();
  CHECK(wakes == 2);  // the end wakes an idle consumer
  CHECK(box.take(0, kNow).ended);
}

TEST_CASE("events are taken before frames, and no frame displaces one") {
  Mailbox box({.when_full = WhenFull::drop_oldest, .capacity = 1});
  box.on_wake([] {});
  box.add_producer();
  for (std::uint64_t i = 0; i < 10; ++i) push(box, frame("a", i));
  box.push(Event{"motion.began", "a"});
  for (std::uint64_t i = 0; i < 10; ++i) push(box, frame("a", i));
  const auto first = box.take(0, kNow);
  REQUIRE(first.event);
  CHECK(first.event->name == "motion.began");
  CHECK(box.events_dropped() == 0);
  for (int i = 0; i < 5000; ++i) box.push(Event{"flood", "a"});
  CHECK(box.events_dropped() == 5000 - 4096);
}

TEST_CASE("an abandoned mailbox drops what it has and what comes, and lets waiting senders go on") {
  Mailbox box({.when_full = WhenFull::block, .capacity = 1});
  box.on_wake([] {});
  box.add_producer();
  push(box, frame("a", 0));
  int retries = 0;
  push(box, frame("a", 1), Mailbox::Full::wait, [&] { ++retries; });
  box.abandon("stage_down");
  CHECK(retries == 1);
  push(box, frame("a", 1));
  CHECK(dropped(box, "stage_down") == 2);
  CHECK(books(box).queued == 0);
}

TEST_CASE("the books tell each source's losses and gaps") {
  Mailbox box({.when_full = WhenFull::drop_oldest, .capacity = 2});
  box.on_wake([] {});
  box.add_producer();
  for (const std::uint64_t s : {5U, 6U, 9U, 10U}) push(box, frame("a", s));
  push(box, frame("b", 0));
  box.read_books([&](const Ledger& l, std::size_t) {
    const auto& a = l.sources().at("a");
    CHECK(a.in == 4);
    CHECK(a.missing == 2);
    CHECK(a.last_sequence == 10);
    CHECK(a.dropped.total() == 3);
    CHECK(l.sources().at("b").dropped.total() == 0);
  });
  push(box, frame("a", 0));  // the camera began anew: nothing is missing
  box.read_books([&](const Ledger& l, std::size_t) { CHECK(l.sources().at("a").missing == 2); });
}

TEST_CASE("names without end share one book") {
  Mailbox box({.when_full = WhenFull::drop_oldest, .capacity = 1});
  box.on_wake([] {});
  box.add_producer();
  for (int i = 0; i < 3000; ++i) push(box, frame("cam" + std::to_string(i), 0));
  box.read_books([&](const Ledger& l, std::size_t) { CHECK(l.sources().size() <= 1025); });
  CHECK(books(box).in == 3000);
}

TEST_CASE("a sequence number that can't be is a sender's that began anew, and nothing is missing") {
  Mailbox box({.when_full = WhenFull::drop_oldest, .capacity = 2});
  box.on_wake([] {});
  box.add_producer();
  const auto missing = [&] {
    std::uint64_t n = 0;
    box.read_books([&](const Ledger& l, std::size_t) { n = l.sources().at("a").missing; });
    return n;
  };
  const auto at = [&](std::uint64_t sequence, Duration when) {
    Letter letter{frame("a", sequence), 0, SteadyTime(when)};
    box.push(letter, Mailbox::Full::drop, {});
  };
  at(1, std::chrono::seconds(0));
  at(std::uint64_t{1} << 63, std::chrono::seconds(1));
  CHECK(missing() == 0);
  at(~std::uint64_t{0}, std::chrono::seconds(2));
  at(0, std::chrono::seconds(3));
  CHECK(missing() == 0);
  at(3, std::chrono::seconds(4));
  CHECK(missing() == 2);
  // An hour without a word at 30 frames/s is no lie.
  at(3 + 30 * 3600, std::chrono::seconds(3604));
  CHECK(missing() == 2 + 30 * 3600 - 1);
}

TEST_CASE("where the bytes are too many, the source that has most of them gives") {
  Mailbox box({.when_full = WhenFull::latest, .capacity = 4, .max_bytes = 1000});
  box.on_wake([] {});
  box.add_producer();
  push(box, frame("cam", 0, 10));
  for (std::uint64_t i = 0; i < 20; ++i) push(box, frame("greedy", i, 20));  // 400 bytes each
  push(box, frame("huge", 0, 31));                                           // 961 bytes
  const auto got = drain(box);
  CHECK(got == std::vector<std::string>{"cam0", "greedy18", "greedy19"});
  box.read_books([&](const Ledger& l, std::size_t) {
    CHECK(l.sources().at("cam").dropped.total() == 0);
    CHECK(l.sources().at("huge").dropped.of("mailbox_full") == 1);
  });
}

namespace {

FramePtr sent_by(std::uint64_t sender, const std::string& source, std::uint64_t sequence,
                 int side = 2) {
  Frame copy = *frame(source, sequence, side);
  copy.sender = sender;
  return share(std::move(copy));
}

}  // namespace

TEST_CASE("with latest, senders take turns, and among them their sources") {
  Mailbox box({.when_full = WhenFull::latest});
  box.on_wake([] {});
  box.add_producer();
  // One sender has a hundred names, and fills each anew whenever one is taken.
  for (int i = 0; i < 100; ++i) push(box, sent_by(7, "x" + std::to_string(i), 0));
  for (const char* own : {"a", "b"}) push(box, frame(own, 0));
  push(box, sent_by(8, "cam", 0));
  std::map<std::string, int> taken;
  std::size_t done = 0;
  for (std::uint64_t i = 1; i <= 400; ++i) {
    const auto got = box.take(std::exchange(done, 1), kNow);
    REQUIRE(got.letter);
    const auto& source = got.letter->frame->source;
    ++taken[source.front() == 'x' ? "x" : source];
    push(box, sent_by(got.letter->frame->sender, source, i));
  }
  for (const char* name : {"x", "a", "b", "cam"}) CHECK(taken[name] == 100);
  // All of the many had the same share of that: none was forgotten.
  CHECK(drain(box).size() == 103);
  CHECK(books(box).dropped == 0);
}

TEST_CASE("a source whose sender is another one now changes its turn, and nothing is lost") {
  Mailbox box({.when_full = WhenFull::latest, .capacity = 2});
  box.on_wake([] {});
  box.add_producer();
  push(box, sent_by(7, "cam", 0));
  push(box, sent_by(7, "other", 0));
  push(box, sent_by(8, "cam", 1));
  const auto got = drain(box);
  CHECK(got == std::vector<std::string>{"other0", "cam0", "cam1"});
  for (int i = 0; i < 3; ++i) {
    push(box, sent_by(static_cast<std::uint64_t>(i), "cam", 0));
    if (i == 1) CHECK(box.take(0, kNow).letter);
    if (i == 1) box.settle_out(1);
    box.gone("cam");
  }
  std::size_t letters = 0, gone = 0, done = 0;
  for (;;) {
    const auto taken = box.take(std::exchange(done, 0), kNow);
    if (taken.letter) ++letters, done = 1;
    if (taken.gone) ++gone;
    if (!taken.letter && !taken.gone) break;
  }
  CHECK(letters == 2);
  CHECK(gone == 1);
}

TEST_CASE("of senders that have too many bytes, the greediest gives, however many names it has") {
  Mailbox box({.when_full = WhenFull::latest, .max_bytes = 2000});
  box.on_wake([] {});
  box.add_producer();
  for (int i = 0; i < 50; ++i) push(box, sent_by(7, "x" + std::to_string(i), 0, 10));  // 100 bytes
  push(box, sent_by(8, "cam", 0, 20));                                                 // 400 bytes
  std::size_t of_cam = 0;
  for (const auto& name : drain(box)) of_cam += name == "cam0" ? 1 : 0;
  CHECK(of_cam == 1);
  for (int i = 0; i < 50; ++i) push(box, sent_by(7, "x" + std::to_string(i), 1, 10));
  box.read_books(
      [&](const Ledger& l, std::size_t) { CHECK(l.sources().at("cam").dropped.total() == 0); });
}

TEST_CASE("causes that a stage makes up have a bound") {
  Causes causes;
  for (int i = 0; i < 1000; ++i) causes.add("cause " + std::to_string(i));
  causes.add(std::string(100'000, 'x'));
  CHECK(causes.by_cause().size() == 65);
  CHECK(causes.total() == 1001);
  CHECK(causes.of("(others)") == 937);
}

TEST_CASE("what all mailboxes of a graph hold stays within its memory") {
  constexpr std::size_t kMiB = 1 << 20;
  MemoryBudget budget(8 * kMiB);
  const auto rule =
      GENERATE(WhenFull::latest, WhenFull::drop_oldest, WhenFull::drop_newest, WhenFull::block);
  {
    Mailbox one({.when_full = rule, .capacity = 100}, &budget);
    Mailbox two({.when_full = rule, .capacity = 100}, &budget);
    for (auto* box : {&one, &two}) {
      box->on_wake([] {});
      box->add_producer();
    }
    for (std::uint64_t i = 0; i < 6; ++i) push(one, frame("a", i, 1024));  // 1 MiB each
    for (std::uint64_t i = 0; i < 6; ++i) push(two, frame("b", i, 1024));
    CHECK(budget.used() <= budget.limit());
    CHECK(one.bytes() + two.bytes() <= budget.limit());
    CHECK(one.bytes() == 6 * kMiB);
    CHECK(two.bytes() == 2 * kMiB);
    CHECK(dropped(two, "over_memory") == 4);
    // What one lets go, the other may have.
    CHECK(drain(one).size() == 6);
    books(one);
    for (std::uint64_t i = 6; i < 9; ++i) push(two, frame("b", i, 1024));
    CHECK(two.bytes() == 5 * kMiB);
    CHECK(books(two).in == 9);
  }
  CHECK(budget.used() == 0);
}

TEST_CASE("a mailbox that is empty keeps nothing of the graph's memory, however small that is") {
  constexpr std::size_t kMiB = 1 << 20;
  MemoryBudget budget(2 * kMiB);
  std::vector<std::unique_ptr<Mailbox>> boxes;
  for (int i = 0; i < 8; ++i) {
    auto& box = *boxes.emplace_back(
        std::make_unique<Mailbox>(MailboxRules{.when_full = WhenFull::drop_oldest}, &budget));
    box.on_wake([] {});
    box.add_producer();
    // While it runs, and when it rests.
    for (std::uint64_t n = 0; n < 3; ++n) {
      push(box, frame("a", n, 512));
      CHECK(drain(box).size() == 1);
    }
    CHECK(budget.used() == 0);
    CHECK(dropped(box, "over_memory") == 0);
  }
  // Many that hold a little each take little more than that.
  for (auto& box : boxes) push(*box, frame("a", 3, 16));
  CHECK(budget.used() < kMiB / 8);
}

TEST_CASE("what stages keep leaves room for the mailboxes") {
  constexpr std::size_t kMiB = 1 << 20;
  MemoryBudget budget(8 * kMiB);
  budget.add(6 * kMiB);
  CHECK(budget.roomy());
  budget.add(1);
  CHECK_FALSE(budget.roomy());
  Mailbox box({.when_full = WhenFull::drop_oldest, .capacity = 100}, &budget);
  box.on_wake([] {});
  box.add_producer();
  push(box, frame("a", 0, 1024));
  CHECK(dropped(box, "over_memory") == 0);
  CHECK_FALSE(budget.roomy());
  budget.give_back(6 * kMiB + 1);
  CHECK(budget.roomy());
}

TEST_CASE("that a source is gone comes behind its last frame, and makes the mailbox forget it") {
  const auto rule = GENERATE(WhenFull::latest, WhenFull::drop_oldest);
  Mailbox box({.when_full = rule, .capacity = 3});
  int wakes = 0;
  box.on_wake([&] { ++wakes; });
  box.add_producer();
  CHECK_FALSE(box.take(0, kNow).letter);
  push(box, frame("a", 0));
  box.gone("a");
  push(box, frame("b", 0));
  std::vector<std::string> got;
  std::size_t done = 0;
  for (;;) {
    const auto taken = box.take(std::exchange(done, 0), kNow);
    if (taken.letter) {
      done = 1;
      got.push_back(taken.letter->frame->source);
    } else if (taken.gone) {
      got.push_back("gone " + *taken.gone);
    } else {
      CHECK_FALSE(taken.ended);
      break;
    }
  }
  CHECK(got == std::vector<std::string>{"a", "gone a", "b"});
  CHECK(wakes == 1);
  // It wakes by itself, too.
  box.gone("never-seen");
  CHECK(wakes == 2);
  CHECK(box.take(0, kNow).gone == "never-seen");
  CHECK_FALSE(box.take(0, kNow).gone);
  // Frames that are too old to be taken hide nobody's end.
  Mailbox old({.when_full = rule, .capacity = 3, .max_age = std::chrono::seconds(1)});
  old.on_wake([] {});
  old.add_producer();
  push(old, frame("a", 0));
  old.gone("a");
  CHECK(old.take(0, kNow + std::chrono::hours(1)).gone == "a");
}

TEST_CASE("with latest, a source that has come back holds up no other's end") {
  Mailbox box({.when_full = WhenFull::latest});
  box.on_wake([] {});
  box.add_producer();
  push(box, frame("a", 0));
  box.gone("a");
  push(box, frame("b", 0));
  box.gone("b");
  // a has come back: there is always a frame of it.
  push(box, frame("a", 1));
  CHECK(box.take(0, kNow).letter->frame->source == "a");
  push(box, frame("a", 2));
  CHECK(box.take(1, kNow).letter->frame->source == "b");
  CHECK(box.take(1, kNow).gone == "b");
}

TEST_CASE("of a source that is gone and comes back, all frames go to the same worker") {
  Inbox inbox({.when_full = WhenFull::block}, 3, nullptr);
  for (std::size_t i = 0; i < inbox.workers(); ++i) inbox.worker(i).on_wake([] {});
  inbox.add_producer();
  auto& first = inbox.of("a");
  CHECK(&inbox.of("b") != &first);
  push(first, frame("a", 0));
  inbox.gone("a");
  CHECK(&inbox.of("a") == &first);
}

TEST_CASE("names that come and go leave nothing behind") {
  Mailbox box({.when_full = WhenFull::latest});
  box.on_wake([] {});
  box.add_producer();
  for (int i = 0; i < 5000; ++i) {
    const auto name = "x" + std::to_string(i);
    push(box, frame(name, 0));
    box.gone(name);
    CHECK(box.take(0, kNow).letter);
    CHECK(box.take(1, kNow).gone == name);
  }
  box.read_books([&](const Ledger& l, std::size_t) {
    CHECK(l.sources().size() <= 258);
    std::uint64_t in = 0;
    for (const auto& [name, book] : l.sources()) in += book.in;
    CHECK(in == 5000);
  });
  // Who comes after them has a book of its own.
  push(box, frame("camera", 0));
  box.read_books([&](const Ledger& l, std::size_t) { CHECK(l.sources().count("camera") == 1); });
}

TEST_CASE("more is never settled than is in hand") {
  Mailbox box({.when_full = WhenFull::drop_oldest});
  box.on_wake([] {});
  box.add_producer();
  push(box, frame("a", 0));
  CHECK(box.take(0, kNow).letter);
  CHECK(box.settle_dropped("a", "why"));
  CHECK_FALSE(box.settle_dropped("a", "why"));
  CHECK_FALSE(box.settle_failed("a"));
  CHECK_FALSE(box.settle_out(2));
  box.fail_all_in_hand();
  const auto b = books(box);
  CHECK(b.dropped == 1);
  CHECK(b.failed == 0);
  CHECK(b.queued == 0);
}

TEST_CASE("while nobody is to wait for a consumer, a full block mailbox drops") {
  Mailbox box({.when_full = WhenFull::block, .capacity = 1});
  box.on_wake([] {});
  box.add_producer();
  push(box, frame("a", 0));
  int woken = 0;
  const Waker retry = [&] { ++woken; };
  for (int i = 0; i < 3; ++i)
    CHECK(push(box, frame("a", 1), Mailbox::Full::wait, retry) == Mailbox::Pushed::full);
  box.nobody_waits(true);
  CHECK(woken == 1);  // however often it asked
  CHECK(push(box, frame("a", 1), Mailbox::Full::wait, retry) == Mailbox::Pushed::taken);
  CHECK(dropped(box, "stage_down") == 1);
  box.nobody_waits(false);
  CHECK(push(box, frame("a", 2), Mailbox::Full::wait, retry) == Mailbox::Pushed::full);
  CHECK(books(box).in == 2);
}

TEST_CASE("a mailbox under threads: order is kept, and the books add up") {
  for (const auto rule : {WhenFull::block, WhenFull::drop_oldest, WhenFull::latest}) {
    Mailbox box({.when_full = rule, .capacity = 3});
    std::mutex mutex;
    std::condition_variable changed;
    int nudges = 0;
    const Waker nudge = [&] {
      {
        const std::lock_guard lock(mutex);
        ++nudges;
      }
      changed.notify_all();
    };
    box.on_wake(nudge);
    constexpr std::uint64_t kFrames = 2000;
    std::vector<std::thread> senders;
    for (const char* name : {"a", "b"}) {
      box.add_producer();
      senders.emplace_back([&, name] {
        for (std::uint64_t i = 0; i < kFrames; ++i) {
          Letter letter{frame(name, i), 0, {}};
          for (;;) {
            int seen = 0;
            {
              const std::lock_guard lock(mutex);
              seen = nudges;
            }
            if (box.push(letter, Mailbox::Full::wait, nudge) == Mailbox::Pushed::taken) break;
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return nudges != seen; });
          }
        }
        box.producer_ended();
      });
    }
    std::map<std::string, std::uint64_t> next;
    std::uint64_t taken_count = 0;
    bool in_order = true;
    for (;;) {
      int seen = 0;
      {
        const std::lock_guard lock(mutex);
        seen = nudges;
      }
      auto taken = box.take(0, kNow);
      if (taken.letter) {
        auto& expected = next[taken.letter->frame->source];
        in_order = in_order && taken.letter->frame->sequence >= expected;
        expected = taken.letter->frame->sequence + 1;
        ++taken_count;
        box.settle_out(1);
      } else if (taken.ended) {
        break;
      } else {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return nudges != seen; });
      }
    }
    for (auto& sender : senders) sender.join();
    CHECK(in_order);
    const auto b = books(box);
    CHECK(b.in == 2 * kFrames);
    CHECK(b.out == taken_count);
    if (rule == WhenFull::block) CHECK(b.dropped == 0);
    // The newest frame always arrives; under drop_oldest another source's may take its place.
    if (rule != WhenFull::drop_oldest) CHECK(next["a"] == kFrames);
  }
}
