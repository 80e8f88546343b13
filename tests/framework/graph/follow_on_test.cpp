// One mistake is one problem: what only follows from it is not reported.

#include "graph_fixture.hpp"

using namespace graph_fixture;

namespace {

const std::string kCamera = "[stage.camera]\ntype = \"loadtest.source\"\n";

}  // namespace

TEST_CASE("What follows from a mistake is not reported") {
  SECTION("links and parameters of a stage of unknown type") {
    CHECK(problem(R"(
[stage.camera]
type = "loadtest.sauce"
widht = 3
[stage.jpeg]
type = "loadtest.encode"
from = "camera.other"
[stage.uplink]
type = "loadtest.uplink"
connect = "x"
from = "jpeg"
)")
              .code == "unknown-type");
  }
  SECTION("what a stage gives whose own feeding is wrong") {
    CHECK(problem(kCamera + R"(
[stage.same]
type = "loadtest.same"
from = "camra"
[stage.uplink]
type = "loadtest.uplink"
connect = "x"
from = "same"
)")
              .code == "no-such-stage");
  }
  SECTION("a kind chosen by a parameter that is wrong") {
    CHECK(problem(R"(
[stage.camera]
type = "loadtest.chosen"
format = 5
[stage.uplink]
type = "loadtest.uplink"
connect = "x"
from = "camera"
)")
              .code == "wrong-type");
  }
  SECTION(
      "what a type's own check says of parameters that are wrong, unknown or in a file unread") {
    const std::string checked = "[stage.camera]\ntype = \"loadtest.checked\"\nleft = \"good\"\n";
    CHECK(problem(checked + "right = 10\n").code == "out-of-range");
    CHECK(problem(checked + "rihgt = 1\n").code == "unknown-key");
    CHECK(problem("include = [\"gone.toml\"]\n" + checked).code == "no-such-include");
  }
  SECTION("types that a plugin may have, which is not there") {
    CHECK(
        problem("plugins = [\"gone\"]\n[stage.camera]\ntype = \"gone.camera\"\nwidth = 5\n").code ==
        "no-such-plugin");
  }
  SECTION("what an unreadable include may have brought") {
    CHECK(problem(R"(
include = ["gone.toml"]
[stage.camera]
width = 640
[stage.jpeg]
type = "loadtest.encode"
from = "left"
[stage.blur]
type = "of.its_plugin"
[stage.uplink]
type = "loadtest.uplink"
)")
              .code == "no-such-include");
  }
}

TEST_CASE("An include that can't be read doesn't hide other mistakes") {
  const auto loaded =
      load_graph_text("include = [\"gone.toml\"]\n" + kCamera + "widht = 5\n", request());
  REQUIRE(loaded.problems.size() == 2);
  CHECK(loaded.problems[1].code == "unknown-key");
}
