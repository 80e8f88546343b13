#include "external/command.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <stdexcept>

#include "external/spawn.hpp"

namespace sluice::external {
namespace {

// A stage that is told to stop has little time, see the supervisor.
constexpr Duration kToEndByItself = std::chrono::milliseconds(300);
// Longer only for what hangs in the kernel.
constexpr Duration kToBeKilled = std::chrono::milliseconds(500);

constexpr std::size_t kReadAtOnce = 64 * 1024;  // what a pipe holds

constexpr const char* kGuard = R"(read _; rm -f -- "$1"/*; rmdir -- "$1"; kill -KILL 0)";

// Waits for a child, which this process must not have waited for.
pid_t wait_for(pid_t pid, int options, int& status) {
  pid_t got = 0;
  do got = waitpid(pid, &status, options);
  while (got < 0 && errno == EINTR);
  return got;
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

std::string text_of(int status) {
  if (WIFEXITED(status)) return fmt::format("status {}", WEXITSTATUS(status));
  return fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

}  // namespace

Group::Group(const std::filesystem::path& folder)
    : lifeline_(make_pipe()),
      shell_(spawn({.words = {"/bin/sh", "-c", kGuard, "sluice-guard", folder.string()},
                    .environment = {},
                    .input = lifeline_.read.get(),
                    .deaf = true})) {}

Group::~Group() {
  kill(-shell_, SIGKILL);
  int status = 0;
  wait_for(shell_, 0, status);
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
  // glibc 2.36 declares pidfd_open() for C only.
  process_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open");
}

Command::~Command() {
  if (!ended()) {
    signal(SIGTERM);
    wait_for_end(kToEndByItself);
  }
  if (ended_) return;
  signal(SIGKILL);
  wait_for_end(kToBeKilled);
}

void Command::signal(int number) {
  kill(-group_.number(), number);
  kill(pid_, number);  // it may have left the group
}

void Command::wait_for_end(Duration limit) {
  pollfd end{process_.get(), POLLIN, 0};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
  while (poll(&end, 1, static_cast<int>(ms)) < 0 && errno == EINTR) {
  }
  ended();
}

const std::optional<std::string>& Command::ended() {
  if (ended_) return ended_;
  int status = 0;
  const pid_t got = wait_for(pid_, WNOHANG, status);
  if (got == pid_) ended_ = text_of(status);
  // Whoever started sluice has told the kernel to keep no children's statuses.
  if (got < 0) ended_ = "a status that is not known";
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
