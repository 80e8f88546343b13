// What `sluice check` proposes to put between stages that don't fit: real types, by what they
// declare.

#include <sluice/graph/links.hpp>
#include <sluice/graph/load.hpp>

#include "catch.hpp"

namespace {

sluice::Loaded loaded(const std::string& text) {
  sluice::LoadRequest request;
  request.graph = "test.toml";
  request.device = "here";
  request.variable = [](const std::string&) { return std::nullopt; };
  return sluice::load_graph_text(text, request);
}

std::string hint(const std::string& text) {
  const auto graph = loaded(text);
  REQUIRE(graph.problems.size() == 1);
  CHECK(graph.problems[0].code == "kinds-mismatch");
  return graph.problems[0].hint;
}

const std::string kCamera = R"(
[stage.camera]
type = "capture.synthetic"
)";
const std::string kJpeg = kCamera + R"(
[stage.jpeg]
type = "encode.jpeg"
from = "camera"
)";

}  // namespace

TEST_CASE("check: the hint names the stage type that converts") {
  CHECK(hint(kJpeg + "[stage.screen]\ntype = \"display.window\"\nfrom = \"jpeg\"\n") ==
        "put a stage of type \"decode.jpeg\" between them");
  CHECK(hint(kJpeg + "[stage.small]\ntype = \"image.resize\"\nscale = 0.5\nfrom = \"jpeg\"\n") ==
        "put a stage of type \"decode.jpeg\" between them");
  // Nothing makes a picture of events; but where those came from there is one.
  CHECK(hint(kCamera + "[stage.jpeg]\ntype = \"encode.jpeg\"\nfrom = \"camera.events\"\n") ==
        "\"camera.out\" gives bgr8");
}

TEST_CASE("check: what the hint proposes fits") {
  const std::string end = "[stage.screen]\ntype = \"display.window\"\nfrom = \"between\"\n";
  const auto mended =
      loaded(kJpeg + "[stage.between]\ntype = \"decode.jpeg\"\nfrom = \"jpeg\"\n" + end);
  CHECK(mended.problems.empty());
  // What a hub gets may be pixels already: decode.jpeg passes them on.
  CHECK(loaded("[stage.between]\ntype = \"decode.jpeg\"\nfrom = \"cameras\"\n"
               "[stage.cameras]\ntype = \"transport.receive\"\nbind = \"tcp://127.0.0.1:5555\"\n" +
               end)
            .problems.empty());
}

TEST_CASE("check: a stage that wants one kind of pixels is told how to get them") {
  using sluice::Kind;
  CHECK(sluice::converter_hint(Kind::bgr8, Kind::yuv420) ==
        "put a stage of type \"image.convert\" with to = \"yuv420\" between them");
  CHECK(sluice::converter_hint(Kind::yuv420, Kind::bgra8) ==
        "put a stage of type \"image.convert\" with to = \"bgra8\" between them");
  CHECK(sluice::converter_hint(Kind::gray8 | Kind::bgr8, Kind::bgr8) ==
        "put a stage of type \"image.convert\" with to = \"bgr8\" between them");
  CHECK(sluice::converter_hint(Kind::jpeg, Kind::yuv420) ==
        "put a stage of type \"decode.jpeg\" with format = \"yuv420\" between them");
  CHECK(sluice::converter_hint(Kind::jpeg, Kind::bgra8).empty());  // that takes two
  CHECK(sluice::converter_hint(Kind::array, Kind::jpeg).empty());  // nothing takes arrays
  CHECK(sluice::converter_hint(Kind::event, Kind::bgr8).empty());
}
