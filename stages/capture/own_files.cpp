#include "capture/own_files.hpp"

#include <linux/close_range.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

namespace sluice::capture {
namespace {

// More than a library opens for one stream.
constexpr int kFiles = 256;

// Of the threads that have their own files; null in all others, where the handler does nothing.
constinit thread_local const std::atomic<bool>* cut_here = nullptr;

// Async-signal-safe: system calls and a lock-free atomic only.
static_assert(std::atomic<bool>::is_always_lock_free);
extern "C" void shut_down_own_sockets(int) {
  if (!cut_here || !cut_here->load()) return;
  const int saved = errno;
  for (int fd = STDERR_FILENO + 1; fd < kFiles; ++fd) {
    if (shutdown(fd, SHUT_RDWR) == 0 || errno != ENOTSOCK) continue;
    // A video device that no longer streams has nothing to wait for. Of anything else: refused.
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    ioctl(fd, VIDIOC_STREAMOFF, &type);
  }
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
    ours.sa_handler = shut_down_own_sockets;
    ours.sa_flags = SA_RESTART;
    sigemptyset(&ours.sa_mask);
    sigaction(kCutSignal, &ours, nullptr);
  });
}

void own_files(const std::atomic<bool>& cut) {
#ifdef __SANITIZE_THREAD__
  // The thread sanitizer takes equal numbers in different tables for one file, and sees races.
  static_cast<void>(cut);
#else
  if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_UNSHARE) == 0) cut_here = &cut;
#endif
}

}  // namespace sluice::capture
