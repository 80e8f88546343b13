// Frame by frame, what one copy of a stage did last: the newest so many slices of its time, for
// whoever asks afterwards why a picture came late or not at all.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <sluice/media/frame.hpp>
#include <sluice/media/time.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// From when a stage took a frame to when it had settled it; of a source, the handing on.
struct Slice {
  enum class Fate : std::uint8_t {
    done,
    dropped,  // by the stage
    failed,
    refused,  // dropped by the mailbox: the stage never had it
  };

  SteadyTime start{};
  Duration length{};
  Duration wait{};  // in the mailbox, before
  Duration age{};   // since its capture, at the start
  std::uint64_t sequence = 0;
  std::uint16_t source = 0;  // the place of its name in FlightRecorder::Taken::names
  std::uint16_t cause = 0;   // likewise; of what was dropped or refused
  Fate fate = Fate::done;
};

// Thread-safe: a mailbox drops frames in its senders' threads. Its memory is asked for once, and
// becomes real as it is used.
class FlightRecorder {
 public:
  // 5 MB; at 30 frames a second nearly an hour.
  static constexpr std::size_t kKept = 100'000;

  explicit FlightRecorder(const Clock& clock, std::size_t keeps = kKept);

  // A source has handed on a frame.
  void handed_on(const Frame& frame, SteadyTime start, SteadyTime end, Duration age);

  // A frame is in the stage's hand ...
  void took(const Frame& frame, SteadyTime now, Duration wait, Duration age);
  // ... until it is settled. A stage does not say which frames it has done: those that it has had
  // for longest; and of one that it drops or fails only the source.
  void done(std::size_t frames, SteadyTime now);
  void dropped(const std::string& source, std::string_view cause);
  void failed(const std::string& source);
  void all_failed();

  // The mailbox has dropped a frame.
  void refused(const Frame& frame, std::string_view cause);

  struct Taken {
    std::vector<Slice> slices;  // in the order of their ends
    std::vector<std::string> names;
    std::uint64_t left_out = 0;  // older slices that made room
  };
  // What is there, which is then no more.
  Taken take();

 private:
  enum class Sort { source, cause };
  std::uint16_t index_of(std::string_view name, Sort sort);
  void settle(std::vector<Slice>::iterator slice, Slice::Fate fate, SteadyTime now);
  std::vector<Slice>::iterator longest_in_hand(const std::string& source);
  void keep(const Slice& slice);

  const Clock& clock_;
  const std::size_t keeps_;
  mutable std::mutex mutex_;
  std::vector<Slice> ring_;
  std::size_t oldest_ = 0;  // in the ring, once it is full
  std::uint64_t left_out_ = 0;
  std::vector<Slice> in_hand_;  // oldest first
  std::map<std::string, std::uint16_t, std::less<>> names_;
};

}  // namespace sluice
