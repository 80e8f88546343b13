// sluice run: runs a graph until its sources end, the time is over, or a signal comes.

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sluice/graph/units.hpp>
#include <sluice/observe/log.hpp>
#include <sluice/runtime/engine.hpp>
#include <system_error>

#include "graph_option.hpp"
#include "verbs.hpp"

namespace sluice::app {
namespace {

struct Options : GraphOptions {
  std::string graph;
  std::string run_for;
  std::string report;
  bool status = false;
  bool quiet = false;
};

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd, const char* what) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Must come before any thread starts, so that all of them leave these signals to the descriptor.
int signal_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Pictures of a megabyte and more come and go all the time. By default the C library gives each
// one's memory back to the kernel, which zeroes and maps pages anew for the next: measured, a
// seventh of the CPU of a hub that decodes. So free memory is kept, up to a bound.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
}

// In place of the file at once, so that nobody ever reads half a report.
void write_report(const Report& report, const std::string& path) {
  const std::string partial = path + ".part";
  std::ofstream file(partial, std::ios::trunc);
  file << to_json(report);
  file.close();
  if (!file || std::rename(partial.c_str(), path.c_str()) != 0)
    throw std::runtime_error(
        fmt::format("cannot write the report to {}: {}; is there such a folder?", path,
                    std::generic_category().message(errno)));
}

// Waits for the end of the graph; stops it when the time is over or a signal comes.
void attend(Engine& engine, int signals, int over, std::optional<Duration> run_for, bool status) {
  const auto& clock = Clock::system();
  const auto started = clock.steady();
  auto next_status = started + std::chrono::seconds(1);
  bool stopping = false;
  Report before = engine.report();
  for (;;) {
    auto wake = started + std::chrono::hours(24 * 365);
    if (status) wake = std::min(wake, next_status);
    if (run_for && !stopping) wake = std::min(wake, started + *run_for);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - clock.steady()).count();
    pollfd fds[2] = {{signals, POLLIN, 0}, {over, POLLIN, 0}};
    const int ready = poll(fds, 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (ready > 0 && (fds[1].revents & POLLIN) != 0) return;
    signalfd_siginfo info{};
    if (ready > 0 && read(signals, &info, sizeof info) == sizeof info) {
      if (stopping) std::_Exit(kFailed);  // asked twice: at once
      stopping = true;
      engine.stop();
    }
    const auto now = clock.steady();
    if (run_for && !stopping && now >= started + *run_for) {
      stopping = true;
      engine.stop();
    }
    if (status && now >= next_status) {
      const Report report = engine.report();
      fmt::print(stderr, "{}\n", to_status(report, before));
      before = report;
      next_status += std::chrono::seconds(1);
    }
  }
}

int run(const Options& options) {
  std::optional<Duration> run_for;
  if (!options.run_for.empty()) {
    run_for = parse_duration(options.run_for);
    if (!run_for || run_for->count() == 0) {
      fmt::print(stderr, "sluice: --for takes a duration such as 10s or 5m, not '{}'\n",
                 escaped(options.run_for));
      return kWrong;
    }
  }
  auto plan = load_or_tell(options.request(options.graph));
  if (!plan) return kWrong;

  keep_freed_memory();
  const Descriptor signals(signal_descriptor(), "signalfd");
  const Descriptor over(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  EngineOptions engine_options;
  engine_options.on_over = [&over] {
    const std::uint64_t one = 1;
    if (write(over.get(), &one, sizeof one) != sizeof one) std::abort();  // an eventfd takes a one
  };
  auto engine = std::make_unique<Engine>(std::move(*plan), engine_options);
  try {
    engine->start();
    attend(*engine, signals.get(), over.get(), run_for,
           options.status || (isatty(STDERR_FILENO) != 0 && !options.quiet));
  } catch (const std::exception& e) {
    fmt::print(stderr, "sluice: {}\n", escaped(e.what()));
    return kFailed;
  }
  const Report report = engine->report();
  const auto failure = engine->failure();
  if (!options.quiet) fmt::print(stderr, "\n{}", to_table(report));
  if (!options.report.empty()) write_report(report, options.report);
  if (!failure.empty()) fmt::print(stderr, "sluice: {}\n", escaped(failure));
  if (engine->hangs()) {
    // Its thread is in code that can't be interrupted; waiting for it would hang us too.
    std::fflush(nullptr);
    std::_Exit(kFailed);
  }
  return failure.empty() ? kDone : kFailed;
}

}  // namespace

Verb add_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("run", "Runs a graph");
  verb->add_option("GRAPH", options->graph,
                   "a name (GRAPH.toml in ./configs, ~/.config/sluice or "
                   "/etc/sluice) or a file")
      ->required();
  options->add_to(*verb);
  verb->add_option("--for", options->run_for, "end after this time")->type_name("DURATION");
  verb->add_option("--report", options->report, "write the figures there as JSON at the end")
      ->type_name("FILE");
  verb->add_flag("--status", options->status, "a status line a second, even if not on a terminal");
  verb->add_flag("--quiet", options->quiet, "no status lines and no table");
  return [options] { return run(*options); };
}

}  // namespace sluice::app
