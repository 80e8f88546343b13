// What libFuzzer calls; a program of its has one target. In the ordinary tests nobody calls it.

#include <cstddef>
#include <ctime>

#include "target.hpp"

namespace {

// Seconds of this thread's work. libFuzzer's own limit counts time that passes, and a busy machine,
// or one that was paused, lets it pass without any work.
double worked() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto one_input = fuzz::targets().begin()->second;
  const double before = worked();
  one_input({data, size});
  fuzz::must(worked() - before < 1.0, "4 kB take less than a second, sanitizers and all");
  return 0;
}
