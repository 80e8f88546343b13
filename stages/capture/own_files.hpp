// Makes a blocked thread's network calls fail, without having its sockets.
#pragma once

#include <signal.h>

#include <atomic>

namespace sluice::capture {

// A library that waits for a socket inside a call, and doesn't give the socket away, can still be
// brought to return: the thread that makes the call is given a table of open files of its own (only
// Linux has that), so that all the sockets in it are the library's; and a signal sent to that
// thread has it shut them down. What waited for them then returns at once, with an error, and
// closes them in its own good time.
//
// The signal is SIGURG, which by default is ignored and which nothing here asks the kernel for.

inline constexpr int kCutSignal = SIGURG;

// Sets up the signal's handler, once in the process. Does nothing where the program has one
// already.
void allow_cutting();

// Called by the thread itself, before it has opened anything and when it needs no file, pipe or
// socket of others but standard input, output and error. From now on kCutSignal shuts down its
// sockets and stops its video devices, if `cut` is true. `cut` must live until the thread ends.
//
// Where the kernel is older than 5.9 or forbids it, nothing happens, then or later: the thread
// returns when the library's own time limits have passed.
void own_files(const std::atomic<bool>& cut);

}  // namespace sluice::capture
