// The shipped graphs without what they can do without: no page and no log that fails, at the start
// or later, ends a hub's frames.

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <sluice/graph/load.hpp>

#include "catch.hpp"
#include "plugins.hpp"
#include "running.hpp"

using test::Folder;
using test::PluginFolder;
using test::Process;
using test::read_json;

namespace {

// A port that somebody listens on.
class TakenPort {
 public:
  TakenPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
    REQUIRE(listen(fd_, 1) == 0);
    REQUIRE(getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
  }
  ~TakenPort() { close(fd_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  const int fd_;
  int port_ = 0;
};

// The shipped hub, and what it said and counted when a camera's frames had all come.
struct Hub {
  // `output`: the shell's words for where standard output and error go.
  explicit Hub(const std::vector<std::string>& sets, const std::string& output = "",
               bool is_read = true) {
    std::string command = "exec " + test::binary() + " run configs/hub.toml --report " + report_ +
                          " --set stage.cameras.bind=tcp://" + address_;
    for (const auto* stage : {"decode", "motion", "show"})
      command += std::string(" --set stage.") + stage + ".mailbox.when_full=block";
    for (const auto& set : sets) command += " --set " + set;
    process.emplace(std::vector<std::string>{"/bin/sh", "-c", command + " " + output});
    if (is_read) REQUIRE(process->says("listening on tcp://"));
  }

  // Something moves in them, so that there are events.
  void gets_all_of_a_camera(const std::string& name) const {
    const auto lines = "source = \"" + name + R"("
rate = 0
frames = 120
width = 320
height = 240
moving = "1s"
still = "1s")";
    const auto node =
        folder_.write(name + ".toml", test::jpeg_node_graph(address_, lines, test::kAllWait));
    Process camera(test::sluice({"run", node, "--report", report_ + name}));
    CHECK(camera.wait() == 0);
    CHECK(read_json(report_ + name)["stages"]["uplink"]["out"] == 120);
  }

  nlohmann::json stop() {
    process->signal(SIGTERM);
    CHECK(process->wait() == 0);
    INFO(process->err());
    return read_json(report_);
  }

  static void took_all(const nlohmann::json& report, const std::string& name) {
    for (const char* stage : {"cameras", "decode", "motion"}) {
      INFO(stage);
      CHECK(report["stages"][stage]["sources"][name]["in"] == 120);
      CHECK(report["stages"][stage]["failed"] == 0);
    }
  }

  const std::string& address() const { return address_; }

  std::optional<Process> process;

 private:
  const Folder folder_;
  const std::string address_ = test::free_address();
  const std::string report_ = (folder_.path() / "report").string();
};

bool is_accessory(const sluice::StagePlan& stage) {
  return stage.type->name.starts_with("display.") || stage.type->name.starts_with("log.");
}

const std::vector<std::string> kFreePorts{"stage.show.listen=127.0.0.1:0",
                                          "dashboard.listen=127.0.0.1:0"};

std::vector<std::string> with_free_ports(std::vector<std::string> sets) {
  sets.insert(sets.end(), kFreePorts.begin(), kFreePorts.end());
  return sets;
}

}  // namespace

TEST_CASE("in each shipped graph pages and logs are optional") {
  int accessories = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SLUICE_SOURCE_DIR "/configs")) {
    const auto loaded = sluice::load_graph(sluice::default_request(entry.path().string()));
    INFO(entry.path().string());
    REQUIRE(loaded.plan);
    for (const auto& stage : loaded.plan->stages) {
      if (!is_accessory(stage)) continue;
      INFO(stage.name);
      CHECK(stage.optional);
      ++accessories;
    }
  }
  CHECK(accessories >= 4);
}

TEST_CASE("a hub whose log's disk is full goes on, says so once, and counts what it lost") {
  Hub hub(with_free_ports({"stage.events.file=/dev/full"}));
  hub.gets_all_of_a_camera("pi-garage");
  hub.gets_all_of_a_camera("pi-porch");
  const auto report = hub.stop();
  Hub::took_all(report, "pi-garage");
  Hub::took_all(report, "pi-porch");
  CHECK(report["events"]["log.stopped"] == 1);
  CHECK(report["events"].value("stage.failed", 0) == 0);
  CHECK(report["stages"]["events"]["figures"]["events_lost"]["'/dev/full'"] >= 1);
  const auto said = hub.process->err();
  const std::string words = "cannot write to '/dev/full': No space left on device; make room";
  CHECK(said.find(words) != std::string::npos);
  CHECK(said.find(words) == said.rfind(words));
}

TEST_CASE("a hub whose log can't be opened goes on without it") {
  Hub hub(with_free_ports({"stage.events.file=/no/such/folder/events.jsonl"}));
  REQUIRE(hub.process->says("the graph goes on without it"));
  hub.gets_all_of_a_camera("pi-garage");
  const auto report = hub.stop();
  Hub::took_all(report, "pi-garage");
  CHECK(report["events"]["stage.gave_up"] == 1);
}

TEST_CASE("a hub whose standard output is closed goes on, and writes nowhere else") {
  Hub hub(kFreePorts, ">&-");
  hub.gets_all_of_a_camera("pi-garage");
  const auto report = hub.stop();
  Hub::took_all(report, "pi-garage");
  CHECK(report["events"]["log.stopped"] == 1);
  CHECK(hub.process->err().find("cannot write to standard output: Bad file descriptor") !=
        std::string::npos);
}

TEST_CASE("a hub goes on when the reader of its standard output has closed it") {
  const Folder folder;
  const auto pipe = (folder.path() / "pipe").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  Hub hub(kFreePorts, ">" + pipe);
  close(reader);
  hub.gets_all_of_a_camera("pi-garage");
  const auto report = hub.stop();
  Hub::took_all(report, "pi-garage");
  CHECK(report["events"]["log.stopped"] == 1);
  CHECK(hub.process->err().find("cannot write to standard output: Broken pipe") !=
        std::string::npos);
}

TEST_CASE("a hub whose log nobody reads goes on, and ends when it is asked to") {
  const bool terminal = GENERATE(false, true);
  CAPTURE(terminal);
  const Folder folder;
  auto name = (folder.path() / "pipe").string();
  int reader = -1;
  if (terminal) {
    reader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(grantpt(reader) == 0);
    REQUIRE(unlockpt(reader) == 0);
    name = ptsname(reader);
  } else {
    REQUIRE(mkfifo(name.c_str(), 0600) == 0);
    reader = open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  const int writer = open(name.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  REQUIRE(writer >= 0);
  // Nearly full: a line can begin there, and doesn't end.
  std::size_t room = 0;
  while (write(writer, "x", 1) == 1) ++room;
  std::vector<char> all(room);
  for (std::size_t n = 0; n < room;)
    n += static_cast<std::size_t>(std::max<ssize_t>(0, read(reader, all.data(), room)));
  for (std::size_t n = 5; n < room; ++n) REQUIRE(write(writer, "x", 1) == 1);
  Hub hub(kFreePorts, "--status >" + name + " 2>&1", false);
  hub.gets_all_of_a_camera("pi-garage");
  const auto report = hub.stop();
  Hub::took_all(report, "pi-garage");
  close(writer);
  close(reader);
}

TEST_CASE("a node that sends around motion sends all where its detector has given up") {
  const PluginFolder plugins;
  plugins.add("faulty");
  Hub hub(kFreePorts);
  const auto report = (plugins.path() / "report.json").string();
  std::vector<std::string> command{"/usr/bin/env",
                                   "SLUICE_PLUGIN_PATH=" + plugins.path().string(),
                                   test::binary(),
                                   "run",
                                   "configs/pi-motion.toml",
                                   "--report",
                                   report};
  for (const auto& set :
       {// What has no camera here, and a detector that fails at its fourth frame.
        std::string("stage.camera.type=capture.synthetic"), std::string("stage.camera.source=pi"),
        std::string("stage.camera.rate=100"), std::string("stage.camera.frames=300"),
        std::string("stage.camera.width=64"), std::string("stage.camera.height=48"),
        std::string("plugins=faulty"), std::string("stage.motion.type=faulty.stage"),
        std::string("stage.motion.from=camera"), std::string("stage.motion.mailbox.capacity=300"),
        std::string("stage.motion.restart.on=never"),
        "stage.uplink.connect=tcp://" + hub.address()})
    command.insert(command.end(), {"--set", set});
  Process node(command);
  const int status = node.wait();
  INFO(node.err());
  CHECK(status == 0);
  const auto books = read_json(report);
  CHECK(books["events"]["stage.gave_up"] == 1);
  const auto& gate = books["stages"]["gate"];
  CHECK(gate["in"] > 100);
  CHECK(gate["out"] == gate["in"]);
  CHECK(hub.stop()["stages"]["cameras"]["in"] > 100);
}

TEST_CASE("a hub whose page finds its port taken goes on, and says what to do") {
  const TakenPort taken;
  Hub hub({"stage.show.listen=" + taken.address(), "dashboard.listen=" + taken.address()});
  REQUIRE(hub.process->says("show: has given up"));
  hub.gets_all_of_a_camera("pi-garage");
  const auto report = hub.stop();
  Hub::took_all(report, "pi-garage");
  const auto said = hub.process->err();
  CHECK(said.find("is another sluice running?") != std::string::npos);
  CHECK(said.find("dashboard: ") != std::string::npos);
  CHECK(said.find("the graph goes on without it") != std::string::npos);
}
