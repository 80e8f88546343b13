#include "running.hpp"

#include <ctime>
#include <fstream>
#include <sstream>
#include <thread>

#include "catch.hpp"

namespace test {

using nlohmann::json;

namespace {

std::vector<std::string> command(std::vector<std::string> prefix, const Folder& folder,
                                 const std::string& graph) {
  const auto run = sluice({"run", folder.write("graph.toml", graph), "--report",
                           (folder.path() / "report.json").string()});
#ifdef __SANITIZE_ADDRESS__
  // What is freed is kept for a while, by default 256 MiB of it: too much where memory is watched.
  prefix.emplace_back("/usr/bin/env");
  const char* options = std::getenv("ASAN_OPTIONS");
  prefix.push_back(fmt::format("ASAN_OPTIONS={}:quarantine_size_mb=4:verify_asan_link_order=0",
                               options ? options : ""));
#endif
  prefix.insert(prefix.end(), run.begin(), run.end());
  return prefix;
}

// "2026-01-31T12:00:00.000Z"
double seconds_of(const std::string& time) {
  std::tm parts{};
  const char* rest = strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (!rest) throw std::runtime_error("an event's time is " + time);
  return static_cast<double>(timegm(&parts)) + std::stod("0" + std::string(rest));
}

}  // namespace

Running::Running(const std::string& graph, std::vector<std::string> prefix)
    : process_(command(std::move(prefix), folder_, graph)) {}

std::vector<json> Running::events(std::string_view name) const {
  std::vector<json> events;
  std::istringstream lines(process_.out());
  for (std::string line; std::getline(lines, line);) {
    if (lines.eof() || line.empty() || line[0] != '{') continue;  // half a line is not there yet
    auto event = json::parse(line);
    if (!name.empty() && event["event"] != name) continue;
    event["time_s"] = seconds_of(event["time"]);
    events.push_back(std::move(event));
  }
  return events;
}

std::optional<json> Running::wait_for(std::string_view name, double since,
                                      const std::function<bool(const json&)>& wanted,
                                      std::chrono::seconds limit) const {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    for (const auto& event : events(name))
      // An event's time is cut off to milliseconds.
      if (event["time_s"].get<double>() >= since - 0.001 && (!wanted || wanted(event)))
        return event;
    if (std::chrono::steady_clock::now() > until) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

json Running::report() {
  signal(SIGTERM);
  const int status = process_.wait();
  INFO(process_.err());
  REQUIRE(status == 0);
  return read_json(folder_.path() / "report.json");
}

std::size_t Running::descriptors() const {
  const auto folder = "/proc/" + std::to_string(process_.pid()) + "/fd";
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

double Running::resident_mib() const {
  std::ifstream file("/proc/" + std::to_string(process_.pid()) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stod(line.substr(6)) / 1024;
  throw std::runtime_error("the process has ended");
}

std::string hub_graph(const std::string& address, const std::string& probe,
                      const std::string& more) {
  return fmt::format(R"(
name = "hub"
[stage.cameras]
type = "transport.receive"
bind = "tcp://{}"
{}
[stage.forward]
type = "transport.send"
from = "cameras"
connect = "tcp://{}"
[stage.events]
type = "log.events"
)",
                     address, more, probe);
}

std::string node_graph(const std::string& source, const std::string& address,
                       const std::string& camera, const std::string& uplink) {
  return fmt::format(R"(
name = "node"
[stage.camera]
type = "capture.synthetic"
source = "{}"
format = "gray8"
{}
[stage.uplink]
type = "transport.send"
from = "camera"
connect = "tcp://{}"
{}
[stage.events]
type = "log.events"
)",
                     source, camera, address, uplink);
}

std::string jpeg_node_graph(const std::string& address, const std::string& camera,
                            const std::string& more) {
  return fmt::format(R"(
name = "node"
[stage.camera]
type = "capture.synthetic"
{}
[stage.jpeg]
type = "encode.jpeg"
from = "camera"
[stage.uplink]
type = "transport.send"
from = "jpeg"
connect = "tcp://{}"
{}
)",
                     camera, address, more);
}

void adds_up(const json& report) {
  for (const auto& [name, stage] : report["stages"].items()) {
    INFO(report["graph"] << ", " << name << ": " << stage.dump());
    std::uint64_t dropped = 0;
    for (const auto& [cause, count] : stage["dropped"].items())
      dropped += count.get<std::uint64_t>();
    CHECK(stage["in"] == stage["out"].get<std::uint64_t>() + dropped +
                             stage["failed"].get<std::uint64_t>() +
                             stage["queued"].get<std::uint64_t>());
  }
}

std::string same_books(const json& node, const json& hub, std::uint64_t first) {
  adds_up(node);
  adds_up(hub);
  const auto& camera = node["stages"]["camera"];
  const auto& uplink = node["stages"]["uplink"];
  const auto& cameras = hub["stages"]["cameras"];
  INFO(camera.dump() << "\n" << uplink.dump() << "\n" << cameras.dump());
  const auto number = [](const json& value) { return value.get<std::uint64_t>(); };
  const auto& there = cameras["sources"].begin().value();
  const auto made = number(camera["in"]);
  const auto taken = number(cameras["out"]);
  const auto missing = number(there["missing"]);
  const auto after_last = made - 1 - number(there["last_sequence"]);
  CHECK(first + taken + missing + after_last == made);
  // What the hub took was acknowledged, but for what was under way when a connection broke.
  const auto acknowledged = number(uplink["out"]);
  const auto in_doubt =
      uplink["dropped"].value("link_lost", 0U) + uplink["dropped"].value("no_reply", 0U);
  CHECK(taken >= acknowledged);
  CHECK(taken <= acknowledged + in_doubt);
  return fmt::format("{} sent = {} received + {} dropped", made - first, taken,
                     missing + after_last);
}

}  // namespace test
