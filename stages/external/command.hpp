// A command that runs beside this process and is never left behind.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <sluice/media/time.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "external/descriptor.hpp"

namespace sluice::external {

// A process group that ends with this process, whatever ends that. The kernel closes a dead
// process's descriptors, so a shell reads from a pipe that this process holds open: at its end it
// removes the folder, which nobody else can any more, and kills the group, and the leader's. That
// shell is the group's first member, and keeps its number from being given to another as long as
// this object lives.
class Group {
 public:
  explicit Group(const std::filesystem::path& folder);
  ~Group();  // kills it
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  pid_t number() const { return shell_; }
  // A child of this process, to be called once. It may have left the group for one of its own
  // (setsid), which then ends with this one.
  void follow(pid_t leader) const;

 private:
  const Pipe lifeline_;
  const pid_t shell_;
};

// Belongs to one thread at a time. Its standard output and error come through one pipe.
class Command {
 public:
  // `words`: the program, looked for in PATH, and its arguments. `environment`: "NAME=VALUE", all
  // that it has. `folder`: made for this command, with files only. Throws
  // std::runtime_error that says what to do where it can't be started.
  Command(const std::vector<std::string>& words, const std::vector<std::string>& environment,
          const std::filesystem::path& folder);
  ~Command();  // as end()
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  pid_t pid() const { return pid_; }

  // Ends it, however it is: asks it and all that it has started in its group by SIGTERM, and kills
  // what is left 300 ms later, or at once when it has ended and nobody has its output open. Waits
  // for that, for a second at most. Meanwhile its output is read, and `tell` gets what would be
  // lost: the first 128 KiB.
  void end(const std::function<void(std::string_view)>& tell);

  // How it ended: "status 1", "signal 9 (Killed)"; nothing while it runs.
  const std::optional<std::string>& ended();
  // Readable (poll it, don't read it) once it has ended.
  int ended_fd() const { return process_.get(); }

  // What it has written, without waiting, as much as the buffer takes: valid until the next call.
  // Empty: nothing is there now.
  std::string_view read_output();
  // Readable while there is something; -1 once nothing can come any more.
  int output_fd() const { return output_.get(); }

 private:
  void signal(int number);

  const Group group_;
  Descriptor output_;
  pid_t pid_ = 0;       // waited for last, so that no other process gets its number
  Descriptor process_;  // a pidfd
  std::optional<std::string> ended_;
  std::vector<char> buffer_;
};

}  // namespace sluice::external
