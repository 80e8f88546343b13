// SIGTERM at any moment, also while a graph starts: it is gone after `drain` and a second.

#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

#include "catch.hpp"
#include "eventually.hpp"
#include "hostile/shipped.hpp"
#include "plugins.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

// What a noisy machine may add to what is promised.
constexpr auto kNoise = 4s;

struct Case {
  std::string name;
  std::string graph;
  std::chrono::milliseconds drain;
};

// Whether SIGTERM is the program's own affair by now: until then it ends it as it does any other.
bool handles_sigterm(int pid) {
  std::istringstream status(read_text(fmt::format("/proc/{}/status", pid)));
  const std::string name = "SigBlk:";
  for (std::string line; std::getline(status, line);)
    if (line.rfind(name, 0) == 0) {
      const auto blocked = std::stoull(line.substr(name.size()), nullptr, 16);
      const auto is_blocked = [&](int signal) { return (blocked >> (signal - 1)) % 2 == 1; };
      // While it forks or makes a thread, glibc blocks all of them for a moment.
      return is_blocked(SIGTERM) && !is_blocked(SIGUSR1);
    }
  return false;
}

void stops_at_any_moment(const Case& one) {
  const Folder folder;
  const auto graph = folder.write("graph.toml", one.graph);
  std::chrono::milliseconds longest{0};
  constexpr int kMoments = 12;
  constexpr auto kStep = 1000ms / kMoments;
  for (int i = 0; i < kMoments; ++i) {
    Process run(test::sluice({"run", graph, "--quiet"}));
    REQUIRE(eventually([&] { return handles_sigterm(run.pid()); }));
    std::this_thread::sleep_for(i * kStep);
    const auto asked = std::chrono::steady_clock::now();
    run.signal(SIGTERM);
    const int status = run.wait(std::chrono::ceil<std::chrono::seconds>(one.drain + 1s + kNoise));
    longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::steady_clock::now() - asked));
    INFO(one.name << ", after " << (i * kStep).count() << " ms: " << run.err());
    CHECK(status == 0);
  }
  row("SIGTERM at {} moments, {}: gone after {} ms at most", kMoments, one.name, longest.count());
}

std::string hub() {
  return shipped("hub", fmt::format("[stage.cameras]\nbind = \"tcp://{}\"\n[stage.show]\n"
                                    "listen = \"{}\"\n[dashboard]\nlisten = \"{}\"\n",
                                    free_address(), free_address(), free_address()));
}

std::string pi(const std::string& more = {}) {
  return shipped("pi", fmt::format("[stage.camera]\ntype = \"capture.synthetic\"\nsource = \"pi\"\n"
                                   "[stage.uplink]\nconnect = \"tcp://{}\"\n{}",
                                   free_address(), more));
}

std::string slow(const std::string& drain, const std::string& camera) {
  static const PluginFolder plugins;
  static const auto plugin = plugins.add("slow");
  return fmt::format(R"(
plugins = ["{}"]
drain = "{}"
[stage.slow]
type = "slow.camera"
{}
[stage.end]
type = "sink.discard"
from = "slow"
)",
                     plugin, drain, camera);
}

}  // namespace

TEST_CASE("the shipped graphs stop at any moment") {
  stops_at_any_moment({"the hub", hub(), 2s});
  stops_at_any_moment({"a node whose hub is away", pi(), 2s});
  const auto address = free_address();
  stops_at_any_moment(
      {"the demo",
       shipped("demo", fmt::format("[stage.uplink]\nconnect = \"tcp://{0}\"\n[stage.cameras]\n"
                                   "bind = \"tcp://{0}\"\n[stage.show]\nlisten = \"{1}\"\n"
                                   "[dashboard]\nlisten = \"{1}\"\n",
                                   address, free_address())),
       2s});
}

TEST_CASE("a graph with a camera that starts slowly stops at any moment") {
  stops_at_any_moment({"a slow start", slow("200ms", "start_takes = \"300ms\""), 200ms});
  stops_at_any_moment({"a start that is stuck", slow("200ms", "start_takes = \"25s\""), 200ms});
  stops_at_any_moment({"an optional start that is stuck",
                       slow("200ms", "start_takes = \"25s\"\noptional = true"), 200ms});
}

TEST_CASE("a graph whose camera comes and goes stops at any moment") {
  stops_at_any_moment({"a camera that fails and is slow to start again",
                       slow("100ms",
                            "start_takes = \"250ms\"\nframes = 3\nrestart = { on = \"failure\", "
                            "at_most = 1000 }"),
                       100ms});
}

TEST_CASE("an optional camera that takes longer to start than it may ends no graph") {
  Running graph(slow("200ms", "start_takes = \"33s\"\noptional = true") + R"(
[stage.other]
type = "capture.synthetic"
rate = 20
[stage.rest]
type = "log.events"
[stage.also]
type = "sink.discard"
from = "other"
)");
  // Once it has started after all, or been given up, all else still runs.
  const auto report_at = std::chrono::steady_clock::now() + 36s;
  while (std::chrono::steady_clock::now() < report_at) {
    INFO(graph.process().err());
    REQUIRE(graph.process().wait(0s) == -1);
    std::this_thread::sleep_for(50ms);
  }
  const auto report = graph.report();
  adds_up(report);
  CHECK(report["stages"]["also"]["in"] > 36 * 20 / 2);
}
