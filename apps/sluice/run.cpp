// sluice run: runs a graph until its sources end, the time is over, or a signal comes.

#include <fmt/format.h>
#include <unistd.h>

#include <sluice/graph/dashboard.hpp>
#include <sluice/observe/console.hpp>
#include <sluice/observe/log.hpp>
#include <stdexcept>

#include "dashboard/dashboard.hpp"
#include "graph_option.hpp"
#include "session.hpp"
#include "status_lines.hpp"
#include "verbs.hpp"
#include "whole_file.hpp"

namespace sluice::app {
namespace {

struct Options : GraphOptions {
  std::string graph;
  std::string run_for;
  std::string report;
  std::string trace;
  std::string dashboard;  // empty: as the graph says
  bool status = false;
  bool quiet = false;
};

constexpr SteadyTime kNever = SteadyTime::max();

// Waits for the end of the graph; stops it when the time is over or a signal comes, be it while it
// starts.
void attend(Session& session, std::optional<Duration> run_for, bool status) {
  const auto now = [] { return Clock::system().steady(); };
  auto stop_at = run_for ? now() + *run_for : kNever;
  StatusLines lines(session.engine(), status);
  for (;;) {
    const auto woke = session.wait_until(std::min(stop_at, lines.due()));
    if (woke == Session::Woke::over) return;
    if (woke == Session::Woke::asked || now() >= stop_at) {
      stop_at = kNever;
      session.engine().stop();
    }
    lines.tell_if_due();
  }
}

// Stands for --dashboard without an address.
constexpr const char* kAsIs = "as-is";

// What --dashboard says, laid over what the graph says. False: it can't be so, which is told.
bool add_dashboard(Plan& plan, const std::string& option) {
  if (option.empty()) return true;
  if (!plan.dashboard) plan.dashboard.emplace();
  if (option != kAsIs) plan.dashboard->listen = option;
  const auto problem = problem_of(*plan.dashboard);
  if (!problem) return true;
  fmt::print(stderr, "sluice: --dashboard: {}{}{}\n", escaped(problem->message),
             problem->hint.empty() ? "" : "; ", escaped(problem->hint));
  return false;
}

void save_trace(WholeFile& file, Trace trace, const Report& report) {
  for (const auto& track : trace.tracks)
    if (track.taken.left_out > 0)
      log_line(LogLevel::warning, track.stage,
               fmt::format("the trace has its newest {} frames and leaves out {} before them",
                           track.taken.slices.size(), track.taken.left_out));
  write_trace(file.stream(), std::move(trace), report);
  file.put_in_place();
}

// The page of the graph, if it has one. A port that is taken is no reason to see nothing of the
// cameras, unless the page was `asked` for by this call.
void open_dashboard(std::optional<Dashboard>& dashboard, Engine& engine, RecentEvents& events,
                    bool asked) {
  if (!engine.plan().dashboard) return;
  try {
    dashboard.emplace(engine, events);
    log_line(LogLevel::info, "dashboard", dashboard->url());
  } catch (const std::runtime_error& e) {
    if (asked) throw;
    log_line(LogLevel::error, "dashboard",
             fmt::format("{}; the graph goes on without it", e.what()));
  }
}

int run(const Options& options) {
  std::optional<Duration> run_for;
  if (!options.run_for.empty()) {
    run_for = duration_or_tell("--for", options.run_for);
    if (!run_for) return kWrong;
  }
  auto plan = load_or_tell(options.request(options.graph));
  if (!plan || !add_dashboard(*plan, options.dashboard)) return kWrong;

  std::optional<WholeFile> trace;
  if (!options.trace.empty()) trace.emplace(options.trace);
  EngineOptions engine_options;
  engine_options.traced = trace.has_value();
  RecentEvents events;
  if (plan->dashboard) engine_options.on_event = [&](const Event& e) { events.add(e); };
  Session session(std::move(*plan), engine_options);
  std::optional<Dashboard> dashboard;
  open_dashboard(dashboard, session.engine(), events, !options.dashboard.empty());
  session.engine().begin();
  attend(session, run_for, options.status || (isatty(STDERR_FILENO) != 0 && !options.quiet));
  session.let_signals_end_it();
  const bool never_up = !session.engine().is_up();
  // What could not start has nothing to report.
  if (never_up && !session.engine().failure().empty()) return session.settle();
  const Report report = session.engine().report();
  if (!options.quiet && !never_up) write_console('\n' + to_table(report), std::chrono::seconds(1));
  // What of it can't be written takes nothing else with it.
  bool written = true;
  const auto save = [&](auto&& write) {
    try {
      write();
    } catch (const std::exception& e) {
      write_console(fmt::format("sluice: {}\n", escaped(e.what())), std::chrono::seconds(1));
      written = false;
    }
  };
  if (!options.report.empty())
    save([&] { WholeFile(options.report).put_in_place(to_json(report)); });
  if (trace) save([&] { save_trace(*trace, session.engine().take_trace(), report); });
  const int status = session.settle();
  return written ? status : kFailed;
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
  verb->add_option("--trace", options->trace,
                   "write there at the end when each frame was in which stage, for "
                   "https://ui.perfetto.dev")
      ->type_name("FILE");
  verb->add_flag(std::string("--dashboard{") + kAsIs + "}", options->dashboard,
                 "watch the graph in a browser, at http://127.0.0.1:8080/ unless it or "
                 "--dashboard=ADDRESS:PORT says otherwise");
  verb->add_flag("--status", options->status, "a status line a second, even if not on a terminal");
  verb->add_flag("--quiet", options->quiet, "no status lines and no table");
  return [options] { return run(*options); };
}

}  // namespace sluice::app
