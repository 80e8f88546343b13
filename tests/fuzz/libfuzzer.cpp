// What libFuzzer calls; a program of its has one target. In the ordinary tests nobody calls it.

#include <cstddef>

#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto one_input = fuzz::targets().begin()->second;
  one_input({data, size});
  return 0;
}
