// The dashboard in a real browser: Debian's Chromium, driven by playwright-core. See look.js.

#include <csignal>

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"

using namespace test;

namespace {

constexpr const char* kGraph = R"(
name = "yard"

[stage.porch]
type   = "capture.synthetic"
source = "porch"
rate   = 10

[stage.gate]
type   = "capture.synthetic"
source = "gate"
rate   = 10
seed   = 7

[stage.jpeg]
type = "encode.jpeg"
from = ["porch", "gate"]

[stage.decode]
type = "decode.jpeg"
from = "jpeg"

[stage.motion]
type = "motion.detect"
from = "decode"

[stage.show]
type   = "display.web"
from   = "motion"
listen = "ADDRESS"

[stage.events]
type = "log.events"

[dashboard]
listen = "ADDRESS"
)";

std::string graph_at(const std::string& address) {
  std::string text = kGraph;
  for (auto at = text.find("ADDRESS"); at != std::string::npos; at = text.find("ADDRESS"))
    text.replace(at, 7, address);
  return text;
}

struct Looked {
  Looked() {
    need_file("/usr/bin/chromium", "chromium");
    need_file(SLUICE_SOURCE_DIR "/.node-browser/ready", "playwright-core, by tests/browser/node");
    address = free_address();
    graph.emplace(test::sluice(
        {"run", folder.write("yard.toml", graph_at(address)), "--device", "shed", "--quiet"}));
    REQUIRE(graph->says("show: http://" + address));
  }
  std::vector<std::string> look(const std::string& check) const {
    return {"/usr/bin/env", "node", SLUICE_SOURCE_DIR "/tests/browser/look.js", check,
            "http://" + address + "/"};
  }
  void sees(const std::string& check) const {
    Process browser(look(check));
    const int status = browser.wait(std::chrono::seconds(200));
    INFO(check << "\n" << browser.out() << browser.err());
    CHECK(status == 0);
  }

  Folder folder;
  std::string address;
  std::optional<Process> graph;
};

}  // namespace

TEST_CASE("the page shows moving pictures, the graph and its events, without an error") {
  Looked().sees("page");
}
TEST_CASE("the figures in the picture are those that the server gives") {
  Looked().sees("figures");
}
TEST_CASE("a click or a key on a link shows the pictures that flow there") { Looked().sees("tap"); }
TEST_CASE("the page fits a phone") { Looked().sees("page:phone"), Looked().sees("phone:phone"); }
TEST_CASE("the drawing can be read, light and dark") {
  const Looked run;
  run.sees("colours");
  run.sees("colours:dark");
}

TEST_CASE("a page whose graph has ended says since when") {
  Looked run;
  Process browser(run.look("away"));
  REQUIRE(browser.says("looking"));
  run.graph->signal(SIGTERM);
  CHECK(run.graph->wait() == 0);
  const int status = browser.wait(std::chrono::seconds(200));
  INFO(browser.out() << browser.err());
  CHECK(status == 0);
}
