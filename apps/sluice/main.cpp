// sluice: runs a device's graph. One file a verb; this one only finds the verb that was called.

#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <sluice/observe/log.hpp>

#include "verbs.hpp"

int main(int argc, char** argv) {
  using namespace sluice::app;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of that write, no more
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
