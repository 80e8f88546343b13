#include "graph/render.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <sluice/observe/log.hpp>
#include <stdexcept>
#include <system_error>

#include "session.hpp"

namespace sluice::app {
namespace {

using Steady = std::chrono::steady_clock;

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

// One end for the child, the other never waits.
struct Pipe {
  std::optional<Descriptor> ours, childs;

  explicit Pipe(bool child_reads) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail(errno, "pipe");
    ours.emplace(ends[child_reads ? 1 : 0], "pipe");
    childs.emplace(ends[child_reads ? 0 : 1], "pipe");
    if (fcntl(ours->get(), F_SETFL, O_NONBLOCK) != 0) fail(errno, "fcntl");
  }
};

// `dot` while it runs; killed and waited for at the end, whatever happens.
class Child {
 public:
  // It keeps `life` open for as long as it lives, whatever it does with the others.
  Child(const std::string& format, const Pipe& in, const Pipe& out, const Pipe& err,
        const Pipe& life) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in.childs->get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out.childs->get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, err.childs->get(), STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files, life.childs->get(), STDERR_FILENO + 1);
    // This process blocks some signals and ignores others: the child must die of all of them.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, ignored;
    sigemptyset(&none);
    sigemptyset(&ignored);
    for (const int number : {SIGPIPE, SIGXFSZ}) sigaddset(&ignored, number);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::string program = "dot", option = "-T" + format;
    char* arguments[] = {program.data(), option.data(), nullptr};
    const int error = posix_spawnp(&pid_, "dot", &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error == ENOENT)
      throw std::runtime_error(
          "dot is missing: apt-get install graphviz; --format mermaid and --format dot need "
          "nothing");
    if (error != 0) fail(error, "cannot start dot");
  }
  ~Child() {
    if (!status_) kill(pid_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // As waitpid() tells it; 0 where SIGCHLD is ignored, so that the kernel keeps no status.
  int wait() {
    int status = 0;
    while (!status_)
      if (waitpid(pid_, &status, 0) == pid_ || errno != EINTR) status_ = status;
    return *status_;
  }

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// Reads what is there. False at the end.
bool read_some(int from, std::string& to) {
  char buffer[65536];
  const auto n = read(from, buffer, sizeof buffer);
  if (n > 0) to.append(buffer, static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

// Writes what goes. False when all is written, or nobody reads any more.
bool write_some(int to, std::string_view& rest) {
  const auto n = write(to, rest.data(), rest.size());
  if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  return !rest.empty() && (n >= 0 || errno == EAGAIN || errno == EINTR);
}

[[noreturn]] void failed(int status, const std::string& said) {
  const auto first = said.substr(0, said.find('\n'));
  throw std::runtime_error(fmt::format("dot failed ({} {}): {}",
                                       WIFSIGNALED(status) ? "signal" : "exit status",
                                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                                       first.empty() ? "it said nothing" : escaped(first)));
}

}  // namespace

std::string render(const std::string& dot, const std::string& format,
                   std::chrono::milliseconds limit, const std::atomic<bool>* cancelled) {
  const std::int64_t longest_wait = cancelled ? 100 : 60'000;  // milliseconds
  const auto deadline = Steady::now() + limit;
  Pipe in(true), out(false), err(false), life(false);
  Child child(format, in, out, err, life);
  for (auto* pipe : {&in, &out, &err, &life}) pipe->childs.reset();

  std::string_view rest = dot;
  std::string picture, said;
  while (in.ours || out.ours || err.ours || life.ours) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
    if (cancelled && *cancelled) throw std::runtime_error("nobody wants the picture any more");
    if (left <= 0)
      throw std::runtime_error(
          fmt::format("dot has not drawn it in {} ms, and was ended; --format mermaid and --format "
                      "dot need no layout",
                      limit.count()));
    const auto waits = [](const Pipe& pipe, short events) {
      return pollfd{pipe.ours ? pipe.ours->get() : -1, events, 0};
    };
    pollfd fds[] = {waits(in, POLLOUT), waits(out, POLLIN), waits(err, POLLIN),
                    waits(life, POLLIN)};
    if (poll(fds, 4, static_cast<int>(std::min<std::int64_t>(left, longest_wait))) < 0) {
      if (errno == EINTR) continue;
      fail(errno, "poll");
    }
    if (fds[0].revents != 0 && !write_some(in.ours->get(), rest)) in.ours.reset();
    if (fds[1].revents != 0 && !read_some(out.ours->get(), picture)) out.ours.reset();
    if (fds[2].revents != 0 && !read_some(err.ours->get(), said)) err.ours.reset();
    if (fds[3].revents != 0) life.ours.reset();
  }
  const int status = child.wait();
  if (status != 0 || picture.empty()) failed(status, said);
  return picture;
}

}  // namespace sluice::app
