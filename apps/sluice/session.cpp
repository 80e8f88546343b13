#include "session.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sluice/graph/units.hpp>
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

bool is_ordinary(const std::string& path) {
  const auto status = std::filesystem::status(path);
  return !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
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

int Session::settle() {
  const auto failure = engine_->failure();
  if (!failure.empty()) fmt::print(stderr, "sluice: {}\n", escaped(failure));
  if (engine_->hangs()) {
    std::fflush(nullptr);
    std::_Exit(kFailed);
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

WholeFile::WholeFile(std::string path)
    : path_(std::filesystem::is_symlink(path) && is_ordinary(path)
                ? std::filesystem::weakly_canonical(path).string()
                : std::move(path)),
      partial_(is_ordinary(path_) ? path_ + ".part" : path_),
      stream_(partial_, std::ios::trunc) {
  if (!stream_) cannot_write(errno);
}

WholeFile::~WholeFile() {
  if (partial_ != path_) std::remove(partial_.c_str());
}

void WholeFile::put_in_place() {
  errno = 0;
  stream_.close();
  if (!stream_) cannot_write(errno == 0 ? EIO : errno);
  if (partial_ != path_ && std::rename(partial_.c_str(), path_.c_str()) != 0) cannot_write(errno);
}

void WholeFile::put_in_place(const std::string& text) {
  stream_ << text;
  put_in_place();
}

void WholeFile::cannot_write(int why) const {
  throw std::runtime_error(fmt::format("cannot write {}: {}{}", path_,
                                       std::generic_category().message(why),
                                       why == ENOENT ? "; is there such a folder?" : ""));
}

void write_whole(const std::string& file, const std::string& text) {
  if (!file.empty())
    WholeFile(file).put_in_place(text);
  else if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size() ||
           std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
}

}  // namespace sluice::app
