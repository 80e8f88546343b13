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

}  // namespace sluice
