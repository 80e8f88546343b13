#include <cstdio>
#include <exception>

#include "timing.hpp"

int main(int argc, char** argv) {
  const timing::Arguments words(argv + 1, argv + argc);
  const timing::Arguments rest(words.empty() ? words.end() : words.begin() + 1, words.end());
  try {
    if (!words.empty() && words[0] == "hops" && rest.size() == 3) return timing::hops(rest);
    if (!words.empty() && words[0] == "paced" && rest.size() == 3) return timing::paced(rest);
    if (!words.empty() && words[0] == "codec" && rest.size() == 3) return timing::codec(rest);
    if (!words.empty() && words[0] == "zmq" && rest.size() == 2) return timing::zmq(rest);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sluice_timing: %s\n", e.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: sluice_timing hops HOPS CAPACITY FRAMES | paced HOPS RATE SECONDS | codec "
               "VIDEO QUALITY FRAMES | zmq BYTES MESSAGES\n");
  return 2;
}
