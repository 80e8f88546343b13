#include "external/command.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "external/environment.hpp"
#include "external/spawn.hpp"

namespace sluice::external {
namespace {

// A stage that is told to stop has little time, see the supervisor.
constexpr Duration kToEndByItself = std::chrono::milliseconds(300);
// Longer only for what hangs in the kernel.
constexpr Duration kToBeKilled = std::chrono::milliseconds(500);

constexpr std::size_t kReadAtOnce = 64 * 1024;  // what a pipe holds

// Of what it writes while it ends.
constexpr std::size_t kMostLastWords = 2 * kReadAtOnce;

// What it reads first is the leader's number, or nothing where this process dies before.
constexpr const char* kGuard = R"(read leader; read _; rm -f -- "$1"/*; rmdir -- "$1")"
                               "; kill -KILL ${leader:+$leader -$leader} 0";

// Waits for a child to end, and lets its number go.
void reap(pid_t pid, int options) {
  while (waitpid(pid, nullptr, options) < 0 && errno == EINTR) {
  }
}

std::string why_not(const std::string& name, int error) {
  const bool by_path = name.find('/') != std::string::npos;
  switch (error) {
    case ENOENT:
      if (name.find(' ') != std::string::npos)
        return "there is no such file; write a program and its arguments as a list";
      if (!by_path) return "it is in no folder of PATH; install it, or give its path";
      return "there is no such file here, or its first line (#!) names none; a path that does not "
             "begin with / begins where sluice was started";
    case EACCES:
      return "it is not executable; chmod +x, or name its interpreter before it";
    case ENOEXEC:
      return "it is no program; begin a script with #!, or name its interpreter before it";
    default:
      return std::generic_category().message(error);
  }
}

pid_t start(const Spawning& spawning) {
  try {
    return spawn(spawning);
  } catch (const std::system_error& e) {
    const auto& name = spawning.words.front();
    throw std::runtime_error(
        fmt::format("command '{}' cannot be started: {}", name, why_not(name, e.code().value())));
  }
}

std::string text_of(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) return fmt::format("status {}", end.si_status);
  return fmt::format("signal {} ({})", end.si_status, strsignal(end.si_status));
}

}  // namespace

Group::Group(const std::filesystem::path& folder)
    : lifeline_(make_pipe()),
      shell_(spawn({.words = {"/bin/sh", "-c", kGuard, "sluice-guard", folder.string()},
                    .environment = passed_on({}),
                    .input = lifeline_.read.get(),
                    .deaf = true})) {}

Group::~Group() {
  kill(-shell_, SIGKILL);
  reap(shell_, 0);
}

void Group::follow(pid_t leader) const {
  const auto line = fmt::format("{}\n", leader);
  if (write(lifeline_.write.get(), line.data(), line.size()) < 0)
    throw std::system_error(errno, std::generic_category(), "write");
}

Command::Command(const std::vector<std::string>& words, const std::vector<std::string>& environment,
                 const std::filesystem::path& folder)
    : group_(folder), buffer_(kReadAtOnce) {
  auto pipe = make_pipe();
  if (fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0)
    throw std::system_error(errno, std::generic_category(), "fcntl");
  output_ = std::move(pipe.read);
  pid_ = start({.words = words,
                .environment = environment,
                .output = pipe.write.get(),
                .group = group_.number()});
  try {
    // glibc 2.36 declares pidfd_open() for C only.
    process_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open");
    group_.follow(pid_);
  } catch (const std::system_error&) {
    signal(SIGKILL);
    reap(pid_, 0);
    throw;
  }
}

Command::~Command() {
  end([](std::string_view) {});
  reap(pid_, WNOHANG);
}

void Command::end(const std::function<void(std::string_view)>& tell) {
  std::size_t room = kMostLastWords;
  const auto read_some = [&] {
    const auto text = read_output();
    tell(text.substr(0, room));
    room -= std::min(room, text.size());
    return !text.empty();
  };
  // Returns early when it has ended and, where `output` says so, nobody can write any more.
  const auto wait = [&](Duration limit, bool output) {
    const auto until = Clock::system().steady() + limit;
    for (;;) {
      const bool over = ended().has_value();
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - Clock::system().steady()).count();
      if (left <= 0 || (over && !(output && output_.open()))) return;
      pollfd fds[2] = {{over ? -1 : process_.get(), POLLIN, 0}, {output_.get(), POLLIN, 0}};
      poll(fds, 2, static_cast<int>(left));
      read_some();
    }
  };
  signal(SIGTERM);
  wait(kToEndByItself, true);
  signal(SIGKILL);
  wait(kToBeKilled, false);
  while (room > 0 && read_some()) {
  }
  output_.reset();
}

void Command::signal(int number) {
  kill(-group_.number(), number);
  // It may have left the group, for one of its own.
  kill(pid_, number);
  kill(-pid_, number);
}

const std::optional<std::string>& Command::ended() {
  if (ended_) return ended_;
  siginfo_t end{};
  if (waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT) != 0) {
    // Somebody in this process has told the kernel to keep no children's statuses.
    if (errno == ECHILD) ended_ = "a status that is not known";
  } else if (end.si_pid == pid_) {
    ended_ = text_of(end);
  }
  return ended_;
}

std::string_view Command::read_output() {
  if (!output_.open()) return {};
  const auto n = read(output_.get(), buffer_.data(), buffer_.size());
  if (n > 0) return {buffer_.data(), static_cast<std::size_t>(n)};
  if (n == 0) output_.reset();
  return {};
}

}  // namespace sluice::external
