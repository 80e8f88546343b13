#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string_view>

#include "timing.hpp"

namespace {

struct Command {
  std::string_view name;
  std::size_t arguments;
  std::string_view usage;
  int (*run)(const timing::Arguments&);
};

constexpr std::array<Command, 11> kCommands{{
    {"hops", 3, "HOPS CAPACITY FRAMES", timing::hops},
    {"paced", 3, "HOPS RATE SECONDS", timing::paced},
    {"codec", 3, "VIDEO QUALITY FRAMES", timing::codec},
    {"zmq", 2, "VIDEO MESSAGES", timing::zmq},
    {"watch", 3, "FOLDER RATE SECONDS", timing::watch},
    {"lens", 6, "FILE WIDTH HEIGHT QUALITY RATE SECONDS", timing::lens},
    {"wake", 2, "RATE SECONDS", timing::wake},
    {"cameras", 6, "FOLDER COUNT RATE SECONDS PATTERN ADDRESS", timing::cameras},
    {"jpegs", 4, "VIDEO QUALITY COUNT FOLDER", timing::jpegs},
    {"resize", 5, "VIDEO COUNT WIDTH HEIGHT FILE", timing::resize},
    {"scene", 4, "WIDTH HEIGHT COUNT FILE", timing::scene},
}};

}  // namespace

int main(int argc, char** argv) {
  const timing::Arguments words(argv + 1, argv + argc);
  for (const auto& command : kCommands) {
    if (words.empty() || words[0] != command.name || words.size() != command.arguments + 1)
      continue;
    try {
      return command.run({words.begin() + 1, words.end()});
    } catch (const std::exception& e) {
      fmt::print(stderr, "sluice_timing: {}\n", e.what());
      return 1;
    }
  }
  for (const auto& command : kCommands)
    fmt::print(stderr, "usage: sluice_timing {} {}\n", command.name, command.usage);
  return 2;
}
