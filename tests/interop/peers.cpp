#include "interop/peers.hpp"

#include <csignal>
#include <sstream>

#include "catch.hpp"
#include "eventually.hpp"
#include "skip.hpp"

namespace test {

using namespace std::chrono_literals;

std::vector<std::string> python(const std::string& program,
                                const std::vector<std::string>& arguments) {
  const std::filesystem::path source = SLUICE_SOURCE_DIR;
  const auto folder = source / "tests" / "interop";
  const auto venv = source / ".venv-interop";
  // `ready` ends with the requirements that were installed.
  const auto wanted = read_text(folder / "requirements.txt");
  const auto ready = read_text(venv / "ready");
  if (ready.size() < wanted.size() || ready.substr(ready.size() - wanted.size()) != wanted)
    skip("the real imagezmq is not installed; tests/interop/venv does it");
  std::vector<std::string> call{venv / "bin" / "python", folder / program};
  call.insert(call.end(), arguments.begin(), arguments.end());
  return call;
}

Lines told(const Process& peer, const std::string& key) {
  Lines lines;
  std::istringstream text(peer.out());
  // A last line without its end is still being written.
  for (std::string line; std::getline(text, line) && !text.eof();) {
    auto json = nlohmann::json::parse(line);
    if (json.contains(key)) lines.push_back(std::move(json));
  }
  return lines;
}

bool tells(Process& peer, const std::string& key, std::size_t count) {
  const auto enough = [&] { return told(peer, key).size() >= count; };
  eventually([&] { return enough() || peer.wait(0s) != -1; });
  return enough();
}

std::vector<std::string> column(const Lines& lines, const std::string& key) {
  std::vector<std::string> values;
  for (const auto& line : lines) values.push_back(line.at(key));
  return values;
}

Running::Running(const std::string& graph)
    : process_(sluice({"run", folder_.write("graph.toml", graph), "--report",
                       (folder_.path() / "report.json").string()})) {}

nlohmann::json Running::end() {
  process_.signal(SIGTERM);
  const int status = process_.wait();
  INFO(process_.err());
  REQUIRE(status == 0);
  return read_json(folder_.path() / "report.json")["stages"];
}

nlohmann::json Running::until(Process& peer, std::size_t more) {
  const auto before = told(peer).size();
  const bool enough = tells(peer, "sum", before + more);
  INFO(peer.err() << process_.err());
  REQUIRE(enough);
  return end();
}

std::string binds(const std::string& address) { return "bind = \"" + address + "\"\n"; }
std::string connects(const std::string& address) { return "connect = \"" + address + "\"\n"; }

std::string relay_graph(const std::string& in, const std::string& out) {
  return R"(
mailbox = { when_full = "block" }
[stage.cameras]
type = "transport.receive"
)" + in + R"(
[stage.uplink]
type = "transport.send"
from = "cameras"
)" + out;
}

std::string node_graph(const Node& node) {
  // Something always moves: pictures of nothing but the wall may be alike, and frames are told
  // apart by their sums.
  std::string graph = R"(
mailbox = { when_full = "block" }
[stage.camera]
type = "capture.synthetic"
width = 64
height = 48
still = "0s"
source = ")" + node.source +
                      "\"\n" + node.camera;
  if (node.jpg)
    graph += R"(
[stage.jpeg]
type = "encode.jpeg"
from = "camera"
)";
  return graph + R"(
[stage.uplink]
type = "transport.send"
from = ")" +
         (node.jpg ? "jpeg" : "camera") + "\"\n" + node.uplink;
}

std::string hub_graph(const std::string& in) {
  return R"(
[stage.cameras]
type = "transport.receive"
)" + in + R"(
[stage.end]
type = "sink.discard"
from = "cameras"
[stage.events]
type = "log.events"
)";
}

}  // namespace test
