#include "session.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sluice/graph/units.hpp>
#include <sluice/observe/console.hpp>
#include <sluice/observe/log.hpp>
#include <system_error>

#include "verbs.hpp"

namespace sluice::app {
namespace {

// Pictures of a megabyte and more come and go all the time. By default the C library gives each
// one's memory back to the kernel, which zeroes and maps pages anew for the next: measured, a
// seventh of the CPU of a hub that decodes. So free memory is kept, up to a bound.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
}

// Each connection takes a descriptor. The usual soft limit, 1024, is there for programs that use
// select().
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int signal_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Descriptor::Descriptor(int fd, const char* what) : fd_(fd) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
}

Descriptor::~Descriptor() { close(fd_); }

Session::Session(Plan plan, EngineOptions options)
    : signals_(signal_descriptor(), "signalfd"),
      over_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd") {
  keep_freed_memory();
  allow_many_descriptors();
  options.on_over = [this] {
    const std::uint64_t one = 1;
    if (write(over_.get(), &one, sizeof one) != sizeof one) std::abort();  // an eventfd takes a one
  };
  engine_.emplace(std::move(plan), std::move(options));
}

Session::Woke Session::wait_until(SteadyTime due) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(due - Clock::system().steady()).count();
    pollfd fds[2] = {{signals_.get(), POLLIN, 0}, {over_.get(), POLLIN, 0}};
    const int ready = poll(fds, 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (ready > 0 && (fds[1].revents & POLLIN) != 0) return Woke::over;
    signalfd_siginfo info{};
    if (ready > 0 && read(signals_.get(), &info, sizeof info) == sizeof info) {
      if (std::exchange(asked_, true)) std::_Exit(kFailed);  // asked twice: at once
      return Woke::asked;
    }
    if (Clock::system().steady() >= due) return Woke::due;
  }
}

void Session::end() {
  engine_->stop();
  while (wait_until(Clock::system().steady() + std::chrono::hours(1)) != Woke::over) {
  }
}

void Session::let_signals_end_it() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

int Session::settle() {
  const auto failure = engine_->failure();
  if (!failure.empty())
    write_console(fmt::format("sluice: {}\n", escaped(failure)), std::chrono::seconds(1));
  if (engine_->hangs()) {
    std::fflush(nullptr);
    std::_Exit(failure.empty() ? kDone : kFailed);
  }
  return failure.empty() ? kDone : kFailed;
}

std::optional<Duration> duration_or_tell(const char* option, const std::string& text) {
  const auto duration = parse_duration(text);
  if (duration && duration->count() > 0) return duration;
  fmt::print(stderr, "sluice: {} takes a duration such as 10s or 5m, not '{}'\n", option,
             escaped(text));
  return {};
}

}  // namespace sluice::app
