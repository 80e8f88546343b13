// sluice: runs a device's graph. One file a verb; this one only finds the verb that was called.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <sluice/observe/log.hpp>

#include "verbs.hpp"

namespace {

// Who started this may have closed standard output: then the next thing that is opened, such as a
// peer's connection, would get its number and be written to. What is opened here in its place can't
// be used, and says so.
void keep_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) < 0)  // the lowest that is free
      if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sluice::app;
  keep_standard_descriptors();
  // A reader that goes away is an error of that write, no more, and so is a file that may not grow.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Whoever started this may have had it ignored: then the kernel keeps no child's end for
  // waitpid().
  std::signal(SIGCHLD, SIG_DFL);

  CLI::App app("Sluice: camera networks as graphs of stages");
  app.set_version_flag("--version", "sluice " SLUICE_VERSION);
  app.require_subcommand(1);
  const std::map<std::string, Verb> verbs{
      {"run", add_run(app)},       {"check", add_check(app)},
      {"stages", add_stages(app)}, {"new-stage", add_new_stage(app)},
      {"graph", add_graph(app)},   {"keygen", add_keygen(app)},
      {"schema", add_schema(app)}, {"time", add_time(app)}};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kDone : kWrong;
  }
  try {
    return verbs.at(app.get_subcommands().front()->get_name())();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sluice: %s\n", sluice::escaped(e.what()).c_str());
    return kFailed;
  }
}
