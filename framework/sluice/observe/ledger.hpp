// What became of every frame that reached a stage: the books whose identity
//   in = out + dropped (by cause) + failed + queued
// holds whenever they are read. A ledger has no lock of its own; whoever owns it (the mailbox in
// front of the stage, or the source) guards it.
#pragma once

#include <cstdint>
#include <memory>
#include <sluice/media/frame.hpp>
#include <sluice/observe/histogram.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sluice {

// Frames by why they were let go. A handful of causes: searched from the front.
class Causes {
 public:
  void add(std::string_view cause, std::uint64_t by = 1);
  std::uint64_t of(std::string_view cause) const;
  std::uint64_t total() const;
  const std::vector<std::pair<std::string, std::uint64_t>>& by_cause() const { return counts_; }

 private:
  std::vector<std::pair<std::string, std::uint64_t>> counts_;
};

// The causes that the runtime itself knows.
namespace cause {
inline constexpr std::string_view mailbox_full = "mailbox_full";
inline constexpr std::string_view too_old = "too_old";
inline constexpr std::string_view over_max_bytes = "over_max_bytes";  // one frame alone is too big
inline constexpr std::string_view over_memory = "over_memory";        // the graph holds what it may
inline constexpr std::string_view stage_down = "stage_down";    // the stage has given up for good
inline constexpr std::string_view stage_ended = "stage_ended";  // it wants no more
inline constexpr std::string_view shutdown = "shutdown";        // not drained in time at the end
inline constexpr std::string_view repeated = "repeated";  // came before, or after its successor

// Whether this befalls frames that wait for a stage, not those that it has in hand.
constexpr bool in_mailbox(std::string_view cause) {
  return cause == mailbox_full || cause == too_old || cause == over_max_bytes ||
         cause == over_memory || cause == stage_down || cause == stage_ended || cause == shutdown;
}
}  // namespace cause

// One source as one stage sees it.
struct SourceBook {
  std::uint64_t in = 0, bytes = 0, failed = 0;  // bytes: of what came in
  Causes dropped;
  std::uint64_t last_sequence = 0;
  std::uint64_t missing = 0;  // sequence numbers skipped before they got here
  SteadyTime last_arrived{};
  bool age_known = true;  // false: the peer tells no capture time, age counts from arrival
  bool gone = false;      // nothing more is expected of it
  // Shared, so that they can be read while the books are not locked.
  std::shared_ptr<Histogram> age = std::make_shared<Histogram>();
  // Where the ledger was told to time_sources(), else null.
  struct Times {
    Histogram process, wait;
  };
  std::shared_ptr<Times> times;
};

class Ledger {
 public:
  // Books are to have room for each source's own times. Before the first frame.
  void time_sources() { times_sources_ = true; }

  // A frame has come at that time, with a payload of so many bytes. The book is valid until gone()
  // is called.
  SourceBook& arrived(const Frame& frame, SteadyTime now, std::size_t bytes);
  // Nothing more is expected of this source. Its book is kept while there are few; else those that
  // are gone are added up in one, "(others)".
  void gone(const std::string& source);
  // Something came that can't be told to be a frame of a source (or a source by name only).
  void arrived_unknown() { ++in_; }

  void settle_out(std::uint64_t frames = 1) { out_ += frames; }
  void settle_dropped(const std::string& source, std::string_view cause);
  void settle_failed(const std::string& source);

  std::uint64_t in() const { return in_; }
  std::uint64_t out() const { return out_; }
  std::uint64_t failed() const { return failed_; }
  const Causes& dropped() const { return dropped_; }

  SourceBook& book(const std::string& source);

  using Sources = std::unordered_map<std::string, SourceBook>;
  const Sources& sources() const { return sources_; }

 private:
  // Names come from the network: past this many, the rest share one book, named "(others)".
  static constexpr std::size_t kMostSources = 1024;
  // Past this many, no book is kept for a source that is gone.
  static constexpr std::size_t kKept = 256;

  SourceBook& others();

  std::uint64_t in_ = 0, out_ = 0, failed_ = 0;
  Causes dropped_;
  Sources sources_;
  bool times_sources_ = false;
  // Frames of one source tend to follow each other.
  const std::string* last_name_ = nullptr;
  SourceBook* last_book_ = nullptr;
};

}  // namespace sluice
