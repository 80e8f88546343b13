// external.process in graphs of their own: whatever dies first, nothing is left behind.

#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "eventually.hpp"
#include "process.hpp"

using namespace test;
using nlohmann::json;

namespace {

// One that is dead and not yet waited for doesn't.
bool runs(int pid) {
  std::string state;
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("State:", 0) == 0) state = line;
  return !state.empty() && state.find('Z') == std::string::npos;
}

bool ends(int pid) {
  return eventually([&] { return !runs(pid); });
}

struct Graph {
  explicit Graph(const std::string& command, const std::string& more = {})
      : process(sluice({"run", folder.write("graph.toml", R"(
[stage.camera]
type = "capture.synthetic"
width = 32
height = 24
[stage.other]
type = "sink.discard"
from = "camera"
mailbox = { capacity = 10000 }
[stage.mine]
type = "external.process"
from = "camera"
command = )" + command + "\n" + more + R"(
[stage.end]
type = "sink.discard"
from = "mine"
[stage.events]
type = "log.events"
)"),
                        "--report", (folder.path() / "report.json").string()})) {}

  json end() {
    process.signal(SIGTERM);
    const int status = process.wait();
    INFO(process.err());
    REQUIRE(status == 0);
    return read_json(folder.path() / "report.json")["stages"];
  }

  Folder folder;
  Process process;
};

// The numbers of the command and of the process that it has started.
struct Pair {
  int command = 0, started = 0;
};
Pair pair_of(Graph& graph) {
  REQUIRE(graph.process.says(" ready"));
  const auto text = graph.process.err();
  Pair pair;
  std::istringstream(text.substr(text.find("says: ") + 6)) >> pair.command >> pair.started;
  INFO(text);
  REQUIRE(runs(pair.command));
  REQUIRE(runs(pair.started));
  return pair;
}

const std::string kTwo = R"(["sh", "-c", "sleep 1000 & echo $$ $! ready; exec sleep 1000"])";
const std::string kStubborn =
    R"(["sh", "-c", "trap '' TERM INT; sleep 1000 & echo $$ $! ready; while :; do sleep 1; done"])";
// In a process group of its own, in which what it starts is, too.
const std::string kLeaves =
    R"(["setsid", "sh", "-c", "trap '' TERM INT; sleep 1000 & echo $$ $! ready; while :; do sleep 1; done"])";
const std::string kEcho = "[\"" SLUICE_ANSWERER "\", \"echo\"]";

// The folder of a command's socket, as its environment tells it; which is empty while the command
// becomes another program.
std::filesystem::path folder_of(int pid) {
  const std::string name = "SLUICE_ADDRESS=ipc://";
  std::string environment;
  REQUIRE(eventually([&] {
    environment = read_text("/proc/" + std::to_string(pid) + "/environ");
    return environment.find(name) != std::string::npos;
  }));
  const auto at = environment.find(name) + name.size();
  return std::filesystem::path(environment.substr(at, environment.find('\0', at) - at))
      .parent_path();
}

}  // namespace

TEST_CASE("external: the graph stops, and the command and what it has started are gone") {
  for (const auto& command : {kTwo, kStubborn, kLeaves}) {
    INFO(command);
    Graph graph(command);
    const auto pair = pair_of(graph);
    const auto folder = folder_of(pair.command);
    CHECK((std::filesystem::status(folder).permissions() & std::filesystem::perms::all) ==
          std::filesystem::perms::owner_all);
    graph.end();
    CHECK(ends(pair.command));
    CHECK(ends(pair.started));
    CHECK_FALSE(std::filesystem::exists(folder));
  }
}

TEST_CASE("external: sluice is killed, and the command and what it has started are gone") {
  for (const auto& command : {kTwo, kStubborn, kLeaves}) {
    INFO(command);
    Graph graph(command);
    const auto pair = pair_of(graph);
    const auto folder = folder_of(pair.command);
    graph.process.signal(SIGKILL);
    CHECK(graph.process.wait() == 128 + SIGKILL);
    CHECK(ends(pair.command));
    CHECK(ends(pair.started));
    CHECK_FALSE(std::filesystem::exists(folder));
  }
}

TEST_CASE(
    "external: a command is killed, and what it has started with it, and the stage restarts") {
  Graph graph(kTwo);
  const auto pair = pair_of(graph);
  kill(pair.command, SIGKILL);
  REQUIRE(graph.process.says("sh ended with signal 9 (Killed)"));
  REQUIRE(graph.process.says("\"event\":\"stage.restarted\""));
  CHECK(ends(pair.started));
  CHECK(graph.end()["mine"]["restarts"] == 1);
}

TEST_CASE("external: a command that falls silent is replaced, and the graph is not disturbed") {
  const Folder folder;
  const auto mark = (folder.path() / "was-here").string();
  Graph graph("[\"sh\", \"-c\", \"mkdir " + mark +
                  " 2>/dev/null && exec " SLUICE_ANSWERER " echo never || exec " SLUICE_ANSWERER
                  " echo\"]",
              "limit = \"10s\"");
  REQUIRE(graph.process.says("within 10s; it is killed"));
  REQUIRE(graph.process.says("\"event\":\"stage.restarted\""));
  const auto stages = graph.end();
  INFO(stages.dump(2));
  CHECK(stages["mine"]["failed"] == 1);
  CHECK(stages["other"]["in"] == stages["other"]["out"]);
  CHECK(stages["other"]["dropped"].empty());
}

TEST_CASE("external: a command that always ends at once is given up, alone if it is optional") {
  Graph needed("[\"false\"]", "restart = { at_most = 1 }");
  CHECK(needed.process.wait() == 1);
  CHECK(needed.process.err().find("stage 'mine' has given up: false ended with status 1") !=
        std::string::npos);

  Graph optional("[\"false\"]", "restart = { at_most = 1 }\noptional = true");
  REQUIRE(optional.process.says("\"event\":\"stage.gave_up\""));
  CHECK(optional.end()["other"]["dropped"].empty());
}

TEST_CASE("external: a command that isn't there keeps the graph from starting") {
  Graph graph("[\"no-such-command\"]");
  CHECK(graph.process.wait() == 1);
  CHECK(graph.process.err() ==
        "sluice: stage 'mine': command 'no-such-command' cannot be started: it is in no folder of "
        "PATH; install it, or give its path\n");
}

TEST_CASE("external: each worker has a command of its own") {
  Graph graph(R"(["sh", "-c", "echo $$ ready; exec )" SLUICE_ANSWERER R"( echo"])", "workers = 2");
  std::set<int> commands;
  REQUIRE(eventually([&] {
    const auto text = graph.process.err();
    const std::string says = "says: ";
    for (auto at = text.find(says); at != std::string::npos; at = text.find(says, at + 1))
      if (text.find(" ready\n", at) != std::string::npos)
        commands.insert(std::stoi(text.substr(at + says.size())));
    return commands.size() >= 2;
  }));
  REQUIRE(commands.size() == 2);
  for (const int command : commands) CHECK(runs(command));
  graph.end();
  for (const int command : commands) CHECK(ends(command));
}
