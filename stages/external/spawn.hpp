// Starts a program in a process of its own.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace sluice::external {

struct Spawning {
  std::vector<std::string> words;        // the program, looked for in PATH, and its arguments
  std::vector<std::string> environment;  // "NAME=VALUE": all that it has
  int input = -1, output = -1;           // -1: /dev/null; the output is standard error too
  pid_t group = 0;                       // the process group that it joins; 0: it begins one
  bool deaf = false;                     // to every signal that can be kept out
};

// Nothing of this process is open in it but those two. Returns when the program runs; throws
// std::system_error where it does not.
pid_t spawn(const Spawning& spawning);

}  // namespace sluice::external
