// Makes a blocked thread's network calls fail, without having its sockets.
#pragma once

#include <signal.h>

#include <atomic>

namespace sluice::capture {

// A library that waits for a socket inside a call, and doesn't give the socket away, can still be
// brought to return: the thread that makes the call is given a table of open files of its own (only
// Linux has that), so that all the files in it are the library's; and a signal sent to that thread
// has it put a dead file, a pipe that nobody writes to, in the place of each. The signal ends the
// system call that waits, the next one finds the dead file and fails, and the library gives up and
// closes what it takes for its socket. That holds for cameras, for name servers (a socket that is
// merely shut down has glibc's resolver spin) and for video devices alike.
//
// The signal is SIGURG, which by default is ignored and which nothing here asks the kernel for.

inline constexpr int kCutSignal = SIGURG;

// Sets up the signal's handler, once in the process. Does nothing where the program has one
// already.
void allow_cutting();

// Made by the thread itself, before it has opened anything and when it needs no file, pipe or
// socket of others but standard input, output and error. While this object lives, kCutSignal kills
// the thread's files, if `cut` is true.
//
// Where the kernel is older than 5.9 or forbids it, nothing happens, then or later: the thread
// returns when the library's own time limits have passed.
class OwnFiles {
 public:
  explicit OwnFiles(const std::atomic<bool>& cut);
  ~OwnFiles();
  OwnFiles(const OwnFiles&) = delete;
  OwnFiles& operator=(const OwnFiles&) = delete;
};

}  // namespace sluice::capture
