// What is told of a camera that is lost.
#pragma once

#include <cstdint>
#include <sluice/stage.hpp>
#include <string>

namespace sluice::capture {

// One event when it is lost and one when it is back; in between a line in the log now and then, not
// one for each attempt. Used by one thread.
class Outage {
 public:
  Outage(std::string source, std::string shown)
      : source_(std::move(source)), shown_(std::move(shown)) {}

  // The camera was lost, or was tried again in vain.
  void goes_on(Context& context, const std::string& why);
  // A picture came.
  void ends(Context& context);

 private:
  const std::string source_;
  const std::string shown_;     // its address, fit for a log
  std::uint64_t attempts_ = 0;  // in vain; 0: it is there
  SteadyTime since_{};
  SteadyTime logged_{};
};

}  // namespace sluice::capture
