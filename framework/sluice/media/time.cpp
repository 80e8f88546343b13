#include <sluice/media/time.hpp>

namespace sluice {
namespace {

class SystemClock final : public Clock {
 public:
  UtcTime utc() const override { return std::chrono::system_clock::now(); }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

Duration utc_ahead_of_steady(const Clock& clock) {
  // This thread may lose its core between two readings: the closest of several pairs counts.
  constexpr int kReadings = 8;
  Duration ahead{}, closest = Duration::max();
  for (int i = 0; i < kReadings; ++i) {
    const auto before = clock.steady();
    const auto utc = clock.utc();
    const auto after = clock.steady();
    if (after - before >= closest) continue;
    closest = after - before;
    ahead = utc.time_since_epoch() - (before.time_since_epoch() + closest / 2);
  }
  return ahead;
}

}  // namespace sluice
