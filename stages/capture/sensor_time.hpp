// When a camera took its pictures, in UTC.
#pragma once

#include <sluice/media/time.hpp>

namespace sluice::capture {

// Drivers tell the moment in the time since the machine was started, counted with its sleep
// (CLOCK_BOOTTIME) or without (CLOCK_MONOTONIC), and some tell rubbish. By the latter clock's time
// a picture of the former is of the future, once the machine has slept. What is not later than the
// picture before, or not of the last minute, is not believed: then it is the moment of arrival. Of
// one camera, used by one thread.
class SensorTime {
 public:
  explicit SensorTime(const Clock& clock) : clock_(clock) {}

  // `told`: since the machine was started; zero: nothing was.
  UtcTime captured(Duration told);

 private:
  const Clock& clock_;
  Duration last_{};
};

}  // namespace sluice::capture
