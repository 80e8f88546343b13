#include <algorithm>
#include <sluice/observe/ledger.hpp>

namespace sluice {
namespace {

constexpr const char* kOthers = "(others)";
constexpr std::string_view kOtherCauses = "(others)";

// How many numbers a camera can have counted since its last frame: no camera takes more than a
// thousand pictures a second, and frames that waited come in a burst. A number that is further
// ahead is a peer's that began anew, or lies.
std::uint64_t most_missing(Duration since_last) {
  constexpr std::uint64_t kBurst = 1000, kRate = 1000;
  return kBurst + kRate * static_cast<std::uint64_t>(std::max(0.0, seconds(since_last)));
}

}  // namespace

void Causes::add(std::string_view cause, std::uint64_t by) {
  for (auto& [name, count] : counts_)
    if (name == cause) {
      count += by;
      return;
    }
  // A stage names causes, and may make up what it likes.
  constexpr std::size_t kMost = 64, kLongest = 64;
  if ((counts_.size() < kMost && cause.size() <= kLongest) || cause == kOtherCauses)
    counts_.emplace_back(cause, by);
  else
    add(kOtherCauses, by);
}

std::uint64_t Causes::of(std::string_view cause) const {
  for (const auto& [name, count] : counts_)
    if (name == cause) return count;
  return 0;
}

std::uint64_t Causes::total() const {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts_) sum += count;
  return sum;
}

SourceBook& Ledger::book(const std::string& source) {
  if (last_name_ && *last_name_ == source) return *last_book_;
  auto it = sources_.find(source);
  if (it == sources_.end())
    it = sources_.try_emplace(sources_.size() < kMostSources ? source : kOthers).first;
  if (times_sources_ && !it->second.times) it->second.times = std::make_unique<SourceBook::Times>();
  last_name_ = &it->first;
  last_book_ = &it->second;
  return it->second;
}

SourceBook& Ledger::arrived(const Frame& frame, SteadyTime now, std::size_t bytes) {
  ++in_;
  auto& b = book(frame.source);
  // A number that goes back is a camera that started anew: nothing is missing.
  if (b.in > 0 && frame.sequence > b.last_sequence && frame.sequence - b.last_sequence > 1) {
    const auto skipped = frame.sequence - b.last_sequence - 1;
    if (skipped <= most_missing(now - b.last_arrived)) b.missing += skipped;
  }
  b.gone = false;
  b.last_sequence = frame.sequence;
  b.last_arrived = now;
  b.age_known = frame.captured_known;
  ++b.in;
  b.bytes += bytes;
  return b;
}

SourceBook& Ledger::others() { return sources_[kOthers]; }

void Ledger::gone(const std::string& source) {
  if (const auto it = sources_.find(source); it != sources_.end()) it->second.gone = true;
  if (sources_.size() <= kKept) return;
  SourceBook& sum = others();
  sum.gone = false;
  for (auto it = sources_.begin(); it != sources_.end();) {
    const SourceBook& book = it->second;
    if (!book.gone) {
      ++it;
      continue;
    }
    sum.in += book.in;
    sum.bytes += book.bytes;
    sum.failed += book.failed;
    sum.missing += book.missing;
    for (const auto& [cause, n] : book.dropped.by_cause()) sum.dropped.add(cause, n);
    book.age->add_to(*sum.age);
    it = sources_.erase(it);
  }
  last_name_ = nullptr;
  last_book_ = nullptr;
}

void Ledger::settle_dropped(const std::string& source, std::string_view cause) {
  dropped_.add(cause);
  if (source.empty()) return;
  book(source).dropped.add(cause);
}

void Ledger::settle_failed(const std::string& source) {
  ++failed_;
  if (!source.empty()) ++book(source).failed;
}

}  // namespace sluice
