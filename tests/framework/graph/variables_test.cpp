#include <cstdlib>

#include "graph_fixture.hpp"

using namespace graph_fixture;

namespace {

std::string expanded(const std::string& text) {
  return value<std::string>(
      plan("[stage.camera]\ntype = \"loadtest.source\"\nsource = '" + text + "'\n"), "camera",
      "source");
}

}  // namespace

TEST_CASE("Variables are put in where they are named") {
  CHECK(expanded("${HUB}") == "hub.local");
  CHECK(expanded("tcp://${HUB}:5555 ${WIDTH}") == "tcp://hub.local:5555 640");
  CHECK(expanded("${NONE:-fallback}") == "fallback");
  CHECK(expanded("${NONE:-}") == "");
  CHECK(expanded("${NONE:-a:-b}") == "a:-b");
  CHECK(expanded("${HUB:-fallback}") == "hub.local");
  CHECK(expanded("${EMPTY:-fallback}") == "fallback");
  CHECK(expanded("${EMPTY}") == "");
  CHECK(expanded("$${HUB}") == "${HUB}");
  CHECK(expanded("$${HUB} ${HUB}") == "${HUB} hub.local");
  CHECK(expanded("5$ $HUB $$") == "5$ $HUB $$");
}

TEST_CASE("A variable's value is not expanded again") {
  auto r = request();
  r.variable = [](const std::string&) { return std::optional<std::string>("${OTHER}"); };
  const auto p = plan("[stage.camera]\ntype = \"loadtest.source\"\nsource = \"${X}\"\n", r);
  CHECK(value<std::string>(p, "camera", "source") == "${OTHER}");
}

TEST_CASE("Variables reach every text: types, lists, links") {
  const auto p = plan(R"(
[stage.camera]
type = "${TYPE}"
files = ["a", "${HUB}"]
[stage.end]
type = "loadtest.sink"
from = ["${NONE:-camera}"]
)");
  CHECK(value<std::vector<std::string>>(p, "camera", "files") ==
        std::vector<std::string>{"a", "hub.local"});
  CHECK(links(p, "end") == std::vector<std::string>{"camera.out > in"});
}

TEST_CASE("Every unknown variable of a text is reported, at its own place") {
  const auto loaded = load_graph_text(
      "[stage.camera]\ntype = \"loadtest.source\"\nsource = \"\xc3\xa9 ${A} ${A} ${B}\"\n",
      request());
  REQUIRE(loaded.problems.size() == 3);
  CHECK(loaded.problems[0].column == 13);
  CHECK(loaded.problems[1].column == 18);
  CHECK(loaded.problems[2].column == 23);
  CHECK(loaded.problems[2].hint == "set it, or give a default: ${B:-...}");
}

TEST_CASE("What is overridden needs no variables") {
  const auto text = "[stage.camera]\ntype = \"loadtest.source\"\nsource = \"${NOT_THERE}\"\n";
  CHECK(problem(text).code == "unknown-variable");
  CHECK(value<std::string>(plan(text, request({"stage.camera.source=x"})), "camera", "source") ==
        "x");
}

TEST_CASE("Without a lookup there are no variables, and values have a limit") {
  const std::string text = "[stage.camera]\ntype = \"loadtest.source\"\nsource = \"${X}${X}\"\n";
  auto r = request();
  r.variable = nullptr;
  CHECK(load_graph_text(text, r).problems.size() == 2);
  r.variable = [](const std::string&) { return std::optional(std::string(3 << 20, 'x')); };
  CHECK(problem(text, r).code == "bad-variable");
  r.variable = [](const std::string&) { return std::optional(std::string("\xff")); };
  CHECK(load_graph_text(text, r).problems.at(0).code == "bad-variable");
}

TEST_CASE("The command line's request reads the environment, and knows the host's name") {
  ::setenv("SLUICE_TEST_VARIABLE", "here", 1);
  const auto r = default_request("pi");
  CHECK(r.graph == "pi");
  CHECK(r.variable("SLUICE_TEST_VARIABLE") == "here");
  CHECK(r.variable("SLUICE_TEST_NO_VARIABLE") == std::nullopt);
  CHECK_FALSE(r.device.empty());
  ::unsetenv("HOSTNAME");
  CHECK(default_request("pi").variable("HOSTNAME") == r.device);
  ::setenv("HOSTNAME", "other", 1);
  CHECK(default_request("pi").variable("HOSTNAME") == "other");
  ::setenv("HOSTNAME", "192.168.1.5", 1);
  CHECK(default_request("pi").variable("HOSTNAME") == "192.168.1.5");
  ::unsetenv("HOSTNAME");
  REQUIRE(r.folders.size() >= 2);
  CHECK(r.folders.front() == "configs");
  CHECK(r.folders.back() == "/etc/sluice");
}
