#include <sluice/observe/ledger.hpp>

namespace sluice {

void Causes::add(std::string_view cause, std::uint64_t by) {
  for (auto& [name, count] : counts_)
    if (name == cause) {
      count += by;
      return;
    }
  counts_.emplace_back(cause, by);
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
    it = sources_.try_emplace(sources_.size() < kMostSources ? source : "(others)").first;
  if (times_sources_ && !it->second.times) it->second.times = std::make_unique<SourceBook::Times>();
  last_name_ = &it->first;
  last_book_ = &it->second;
  return it->second;
}

SourceBook& Ledger::arrived(const Frame& frame, SteadyTime now) {
  ++in_;
  auto& b = book(frame.source);
  // A number that goes back is a camera that started anew: nothing is missing.
  if (b.in > 0 && frame.sequence > b.last_sequence + 1)
    b.missing += frame.sequence - b.last_sequence - 1;
  b.last_sequence = frame.sequence;
  b.last_arrived = now;
  b.age_known = frame.captured_known;
  ++b.in;
  b.bytes += frame.bytes();
  return b;
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
