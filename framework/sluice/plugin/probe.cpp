#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <sluice/graph/units.hpp>
#include <sluice/plugin/probe.hpp>
#include <string_view>
#include <system_error>
#include <utility>

namespace sluice {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Descriptor {
 public:
  Descriptor(int fd, const char* what) : fd_(fd) {
    if (fd < 0) fail(what);
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Killed and waited for with its owner.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {
    if (pid < 0) fail("fork");
  }
  ~Child() {
    if (over_) return;
    kill(pid_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // Once. Its status at its end.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    over_ = true;
    return status;
  }

 private:
  const pid_t pid_;
  bool over_ = false;
};

// Written by the child, read by the parent once that has ended. An exit status would not do: the
// work may call exit() with any.
struct Verdict {
  bool told = false;
  char text[1000] = {};  // empty: it is well
};

class SharedVerdict {
 public:
  SharedVerdict()
      : memory_(mmap(nullptr, sizeof(Verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0)) {
    if (memory_ == MAP_FAILED) fail("mmap");
    new (memory_) Verdict;
  }
  ~SharedVerdict() { munmap(memory_, sizeof(Verdict)); }
  SharedVerdict(const SharedVerdict&) = delete;
  SharedVerdict& operator=(const SharedVerdict&) = delete;
  Verdict& operator*() const { return *static_cast<Verdict*>(memory_); }

 private:
  void* const memory_;
};

Verdict* verdict_to_write = nullptr;  // in the child

[[noreturn]] void tell(std::string_view text) {
  text.copy(verdict_to_write->text, sizeof verdict_to_write->text - 1);
  verdict_to_write->told = true;
  _exit(0);
}

// Nothing that is thrown gets further than to here: not by way of the dynamic linker's frames
// either.
[[noreturn]] void tell_what_was_thrown() {
  const auto thrown = std::current_exception();
  if (!thrown) tell("it called std::terminate");
  std::string what = "something that is no std::exception";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {  // which `what` says
  }
  tell(fmt::format("it threw: {}", what));
}

// The child's whole life.
[[noreturn]] void live(const std::function<std::string()>& work, Verdict& verdict,
                       int output) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  verdict_to_write = &verdict;
  std::set_terminate(tell_what_was_thrown);
  tell(work());
}

// False where the limit passes first.
bool ends_within(int child, Duration limit) {
  // Not by <sys/pidfd.h>: that of Debian 12 is for C only.
  const Descriptor end(static_cast<int>(syscall(SYS_pidfd_open, child, 0)), "pidfd_open");
  const auto until = Clock::system().steady() + limit;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - Clock::system().steady());
    pollfd p{end.get(), POLLIN, 0};
    const int ready = poll(&p, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno != EINTR) fail("poll");
    if (ready > 0) return true;
    if (left.count() <= 0) return false;
  }
}

// Of the first 64 KiB; somebody may still be writing.
std::string last_line(int output) {
  std::string text;
  char some[4096];
  for (ssize_t n = 0; text.size() < (64 << 10) && (n = read(output, some, sizeof some)) > 0;)
    text.append(some, static_cast<std::size_t>(n));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto begin = text.rfind('\n');
  return text.substr(begin == std::string::npos ? 0 : begin + 1);
}

// Throws std::system_error where the child can't be had, or waited for.
std::string tried_out(const std::function<std::string()>& work, Duration limit) {
  const SharedVerdict verdict;
  int ends[2];
  // What finds no room in the pipe is lost; nobody waits for it to be read.
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) fail("pipe");
  const Descriptor output(ends[0], "pipe");
  std::optional<Descriptor> input(std::in_place, ends[1], "pipe");
  Child child(fork());
  if (child.pid() == 0) live(work, *verdict, input->get());
  input.reset();
  if (!ends_within(child.pid(), limit))
    return fmt::format("it took longer than {}", format_duration(limit));
  const int status = child.wait();
  if ((*verdict).told) return (*verdict).text;
  auto how =
      WIFSIGNALED(status)
          ? fmt::format("it ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
          : fmt::format("it ended the process with status {}", WEXITSTATUS(status));
  const auto said = last_line(output.get());
  return said.empty() ? how : fmt::format("{}, saying: {}", how, said);
}

}  // namespace

std::string failure_of(const std::function<std::string()>& work, Duration limit) {
  try {
    return tried_out(work, limit);
  } catch (const std::system_error& e) {
    return fmt::format("it can't be tried out: {}", e.what());
  }
}

}  // namespace sluice
