#include "time/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sluice/observe/log.hpp>
#include <system_error>

#include "verbs.hpp"

namespace sluice::app {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_all(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto n = write(to, text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) fail("write");
    if (n > 0) done += static_cast<std::size_t>(n);
  }
}

// The child's whole life.
[[noreturn]] void live(const std::function<Json()>& work, int to, int parent) {
  int status = kDone;
  try {
    // The terminal's Ctrl-C is for the parent, which passes it on; and without the parent nobody
    // waits for the figures.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) std::_Exit(kFailed);  // it died before that
    // What stages print (log.events) is none of the figures.
    const Descriptor nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null");
    if (dup2(nowhere.get(), STDOUT_FILENO) < 0) fail("dup2");
    write_all(to, work().dump(-1, ' ', false, Json::error_handler_t::replace));
  } catch (const std::exception& e) {
    fmt::print(stderr, "sluice: {}\n", escaped(e.what()));
    status = kFailed;
  }
  std::fflush(nullptr);
  std::_Exit(status);
}

}  // namespace

Children::Children() : signals_(signal_descriptor(), "signalfd") {}

std::string Children::read_all(int from, int child) {
  std::string text;
  for (;;) {
    pollfd fds[2] = {{signals_.get(), POLLIN, 0}, {from, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) fail("poll");
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) == sizeof info) {
      kill(child, asked_ ? SIGKILL : SIGTERM);
      asked_ = true;
    }
    if (fds[1].revents == 0) continue;
    char buffer[65536];
    const auto n = read(from, buffer, sizeof buffer);
    if (n < 0 && errno != EINTR) fail("read");
    if (n == 0) return text;
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
  }
}

std::optional<Json> Children::run(const std::function<Json()>& work) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  std::fflush(nullptr);
  const int parent = getpid();
  const int child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    close(ends[0]);
    live(work, ends[1], parent);
  }
  close(ends[1]);
  const Descriptor from(ends[0], "pipe");
  const auto text = read_all(from.get(), child);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail("waitpid");
  if (WIFSIGNALED(status))
    fmt::print(stderr, "sluice: the run was ended by signal {} ({})\n", WTERMSIG(status),
               strsignal(WTERMSIG(status)));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kDone) return {};
  return Json::parse(text);
}

}  // namespace sluice::app
