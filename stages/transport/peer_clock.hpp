// How far another device's clock is from this one's.
#pragma once

#include <deque>
#include <optional>
#include <sluice/media/time.hpp>

namespace sluice {

// A node's view of its hub's clock, from requests and their replies, as in NTP: of the last samples
// the one with the smallest round trip wins, since half of its round trip bounds its error.
//
// This side's times are the steady clock's, so that setting this machine's clock spoils no sample.
class RoundTrips {
 public:
  // A request left at `sent`; the hub had it at `received` and answered at `answered`, by its own
  // clock; the answer was here at `back`. Samples that contradict themselves are left out.
  void add(SteadyTime sent, UtcTime received, UtcTime answered, SteadyTime back);

  bool known() const { return !samples_.empty(); }
  // The hub's clock less this machine's, which say `utc` at `steady`; 0 where they agree to within
  // half a round trip.
  Duration offset(UtcTime utc, SteadyTime steady) const;
  Duration round_trip() const;

 private:
  struct Sample {
    Duration ahead;  // the hub's UTC less this machine's steady time
    Duration round_trip;
  };
  const Sample& best() const;

  static constexpr std::size_t kKept = 16;
  std::deque<Sample> samples_;
};

// A hub's view of the clock of a node to which nothing is answered (publish, push): the least time
// that a message seemed to take since the link began. Where that is a time that a message may
// really take, the clocks are held to agree; where it is negative or over a second, it is the
// difference of the clocks, and the least delay counts as none.
class LeastDelay {
 public:
  // Gives what to add to the node's times to have them in this machine's. `sent` by the node's
  // clock; `arrived`, `now` by this one's.
  Duration correction(UtcTime sent, UtcTime arrived, SteadyTime now);

 private:
  // Clocks drift apart by less than this much of the time that passes.
  static constexpr double kDrift = 200e-6;
  // Messages keep their order, so a delay grows by no more than the time between two arrivals. One
  // that seems to (by more than this) tells of a clock that was set.
  static constexpr Duration kSlack = std::chrono::milliseconds(100);

  std::optional<Duration> least_, last_;
  SteadyTime since_{};
};

}  // namespace sluice
