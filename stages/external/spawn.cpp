#include "external/spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <system_error>

namespace sluice::external {
namespace {

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

struct Actions {
  Actions() { check(posix_spawn_file_actions_init(&list), "posix_spawn"); }
  ~Actions() { posix_spawn_file_actions_destroy(&list); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t list;
};

struct Attributes {
  Attributes() { check(posix_spawnattr_init(&set), "posix_spawn"); }
  ~Attributes() { posix_spawnattr_destroy(&set); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t set;
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

pid_t spawn(const Spawning& spawning) {
  Actions actions;
  const auto connect = [&](int from, int to, int mode) {
    check(from >= 0 ? posix_spawn_file_actions_adddup2(&actions.list, from, to)
                    : posix_spawn_file_actions_addopen(&actions.list, to, "/dev/null", mode, 0),
          "posix_spawn");
  };
  connect(spawning.output, STDOUT_FILENO, O_WRONLY);
  connect(spawning.output, STDERR_FILENO, O_WRONLY);
  connect(spawning.input, STDIN_FILENO, O_RDONLY);
  check(posix_spawn_file_actions_addclosefrom_np(&actions.list, STDERR_FILENO + 1), "posix_spawn");

  // This process keeps some signals out, and ignores those for broken pipes and for files that may
  // not grow: none of that is to be inherited.
  sigset_t blocked, reset;
  sigemptyset(&blocked);
  if (spawning.deaf) sigfillset(&blocked);
  sigemptyset(&reset);
  sigaddset(&reset, SIGPIPE);
  sigaddset(&reset, SIGXFSZ);
  Attributes attributes;
  posix_spawnattr_setpgroup(&attributes.set, spawning.group);
  posix_spawnattr_setsigmask(&attributes.set, &blocked);
  posix_spawnattr_setsigdefault(&attributes.set, &reset);
  check(posix_spawnattr_setflags(&attributes.set, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETSIGDEF),
        "posix_spawn");

  pid_t pid = 0;
  check(posix_spawnp(&pid, spawning.words.front().c_str(), &actions.list, &attributes.set,
                     pointers_to(spawning.words).data(), pointers_to(spawning.environment).data()),
        spawning.words.front());
  return pid;
}

}  // namespace sluice::external
