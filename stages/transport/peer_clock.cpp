#include "transport/peer_clock.hpp"

#include <algorithm>

namespace sluice {

void RoundTrips::add(SteadyTime sent, UtcTime received, UtcTime answered, SteadyTime back) {
  const Duration round_trip = (back - sent) - (answered - received);
  if (answered < received || back < sent || round_trip < Duration(0)) return;
  const Duration at_hub = received.time_since_epoch() + (answered - received) / 2;
  const Duration here = sent.time_since_epoch() + (back - sent) / 2;
  const Sample sample{at_hub - here, round_trip};
  // Each sample says: the truth is within half a round trip of me (and clocks drift a little). Two
  // that can't both be right mean that the hub's clock was set since the older one.
  if (known()) {
    constexpr Duration kSlack = std::chrono::milliseconds(5);
    const Duration apart = std::chrono::abs(sample.ahead - best().ahead);
    if (apart > (sample.round_trip + best().round_trip) / 2 + kSlack) samples_.clear();
  }
  samples_.push_back(sample);
  if (samples_.size() > kKept) samples_.pop_front();
}

const RoundTrips::Sample& RoundTrips::best() const {
  return *std::min_element(samples_.begin(), samples_.end(), [](const auto& a, const auto& b) {
    return a.round_trip < b.round_trip;
  });
}

Duration RoundTrips::offset(UtcTime utc, SteadyTime steady) const {
  const Duration offset = best().ahead - (utc.time_since_epoch() - steady.time_since_epoch());
  return std::chrono::abs(offset) <= best().round_trip / 2 ? Duration(0) : offset;
}

Duration RoundTrips::round_trip() const { return best().round_trip; }

Duration LeastDelay::correction(UtcTime sent, UtcTime arrived, SteadyTime now) {
  const Duration delay = arrived - sent;
  if (!least_ || delay - *last_ > (now - since_) + kSlack) {
    least_ = delay;
  } else {
    const auto drift =
        Duration(static_cast<std::int64_t>(static_cast<double>((now - since_).count()) * kDrift));
    least_ = std::min(delay, *least_ + drift);
  }
  last_ = delay;
  since_ = now;
  const bool believable = *least_ >= Duration(0) && *least_ <= std::chrono::seconds(1);
  return believable ? Duration(0) : *least_;
}

}  // namespace sluice
