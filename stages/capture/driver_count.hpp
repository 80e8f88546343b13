// What a driver's count of its pictures says of those that it lost.
#pragma once

#include <cstdint>
#include <optional>

namespace sluice::capture {

// Of one camera, used by one thread.
class DriverCount {
 public:
  // How many pictures are missing before this one. A count that stands still says nothing, and one
  // that goes back or jumps far was begun anew.
  std::uint64_t missing_before(std::uint32_t count) {
    const std::uint32_t steps = last_ ? count - *last_ : 1;  // it wraps
    last_ = count;
    return steps > 1 && steps <= kMostMissing ? steps - 1 : 0;
  }
  // The camera was opened again.
  void reset() { last_.reset(); }

 private:
  static constexpr std::uint32_t kMostMissing = 1000;

  std::optional<std::uint32_t> last_;
};

}  // namespace sluice::capture
