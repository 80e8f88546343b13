#include "capture/own_files.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>

namespace sluice::capture {
namespace {

// More than a library opens for one stream.
constexpr int kFiles = 256;

// Of the threads that have their own files; null in all others, where the handler does nothing.
constinit thread_local const std::atomic<bool>* cut_here = nullptr;
constinit thread_local int dead_file = -1;

// Async-signal-safe: system calls and a lock-free atomic only.
static_assert(std::atomic<bool>::is_always_lock_free);
extern "C" void kill_own_files(int) {
  if (!cut_here || !cut_here->load()) return;
  const int saved = errno;
  for (int fd = STDERR_FILENO + 1; fd < kFiles; ++fd)
    if (fd != dead_file && fcntl(fd, F_GETFD) >= 0) dup2(dead_file, fd);
  errno = saved;
}

}  // namespace

void allow_cutting() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction present {};
    if (sigaction(kCutSignal, nullptr, &present) != 0) return;
    if ((present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != SIG_DFL) return;
    struct sigaction ours {};
    ours.sa_handler = kill_own_files;
    ours.sa_flags = SA_RESTART;
    sigemptyset(&ours.sa_mask);
    sigaction(kCutSignal, &ours, nullptr);
  });
}

OwnFiles::OwnFiles(const std::atomic<bool>& cut) {
#ifdef __SANITIZE_THREAD__
  // The thread sanitizer takes equal numbers in different tables for one file, and sees races.
  static_cast<void>(cut);
#else
  if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_UNSHARE) != 0) return;
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return;
  close(pipe_ends[1]);
  dead_file = pipe_ends[0];
  cut_here = &cut;
#endif
}

OwnFiles::~OwnFiles() {
  if (!cut_here) return;
  cut_here = nullptr;
  close(dead_file);
}

}  // namespace sluice::capture
