// Graphviz's own output: elements are found by their ids, and it is fit to stand in a page.

#include <algorithm>
#include <set>
#include <sstream>

#include "drawing_help.hpp"
#include "graph/bottleneck.hpp"
#include "graph/dot.hpp"
#include "graph/look.hpp"
#include "graph/render.hpp"

using namespace drawing_help;
using namespace sluice::app;

namespace {

std::string svg_of(const std::vector<DrawnPlan>& plans, Direction direction = Direction::right) {
  return styled_svg(render(to_dot(draw(plans), direction), "svg"));
}

}  // namespace

TEST_CASE("svg: the last texts of a label's element are its lines") {
  const auto plan = chain();
  const auto room = widest_labels(plan);
  const auto direction = GENERATE(Direction::right, Direction::down);
  for (const bool several : {false, true}) {
    std::vector<DrawnPlan> plans{{&plan, room, {}}};
    if (several) plans.push_back({&plan, room, {}});
    const auto elements = elements_of(svg_of(plans, direction));
    for (const auto& label : room) {
      const auto& e = element(elements, std::string(several ? "g2-" : "") + label.id);
      INFO(label.id);
      REQUIRE(e.texts.size() >= label.lines.size());
      CHECK(Texts(e.texts.end() - static_cast<std::ptrdiff_t>(label.lines.size()), e.texts.end()) ==
            label.lines);
    }
  }
}

TEST_CASE("svg: every stage and line is there, with its texts, class and state") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "camera"), 300, 0, "");
  count(of(report, "jpeg"), 300, 60, "mailbox_full", 41);
  const auto elements =
      elements_of(svg_of({{&plan, labels_of(plan, report), bottleneck(plan, report)}}));
  const auto& jpeg = element(elements, "stage-jpeg");
  CHECK(jpeg.classes == "node stage hue3 overloaded");
  CHECK(jpeg.texts ==
        Texts{"jpeg", "encode.jpeg", "24 frames/s, 98 % busy", "41 ms a frame, waits 0 ms"});
  const auto& mailbox = element(elements, "mailbox-jpeg");
  CHECK(mailbox.classes == "edge mailbox lossy");
  CHECK(mailbox.texts == Texts{"bgr8", "drop_oldest 4", "30 frames/s", "drops 6/s mailbox_full"});
  CHECK(element(elements, "stage-slow").classes.ends_with(" idle"));
  CHECK(element(elements, "graph-1").texts ==
        Texts{"made-up on here",
              "jpeg holds the graph up: 41 ms a frame; it drops 6 of 30 frames/s."});
  CHECK(element(elements, "stage-events").texts ==
        Texts{"events", "log.events", "hears every stage"});
}

TEST_CASE("svg: text from a graph file is text, whatever it holds") {
  auto plan = chain();
  const std::string nasty = "ipc://<script>\"&amp;'\\n\\N\x1b\xc3\xa9";
  for (auto& stage : plan.stages)
    for (auto& [parameter, value] : stage.parameters)
      if (parameter->name == "connect" && !std::get<Texts>(value).empty())
        value = Texts{nasty, std::string(500, '>')};
  plan.device = "</svg>";
  const auto svg = svg_of({{&plan, {}, {}}});
  const auto elements = elements_of(svg);
  const auto& texts = element(elements, "stage-uplink").texts;
  REQUIRE(texts.size() == 4);
  CHECK(texts[2] == "connects to ipc://<script>\"&amp;'\\n\\N\\u001b\xc3\xa9");
  CHECK(texts[3].size() < 70);
  CHECK(svg.find("<script") == std::string::npos);
  CHECK(svg.find("</svg>") == svg.rfind("</svg>"));
}

TEST_CASE("svg: it stands in a page of strict rules, and has both schemes") {
  const auto plan = chain();
  const auto made = render(to_dot(draw({{&plan, widest_labels(plan), {}}})), "svg");
  const auto bare = bare_svg(made);
  CHECK(bare.starts_with("<svg class=\"sluice\" "));
  for (const auto* no : {"<?xml", "<!", "<style", " style=", "<script", "<image", "<a ",
                         "href=", "<title", " onload"})
    CHECK(bare.find(no) == std::string::npos);
  const auto styled = styled_svg(made);
  CHECK(styled.find(picture_css()) != std::string::npos);
  CHECK(picture_css().find("@media (prefers-color-scheme: dark)") != std::string::npos);
  // No text has a colour that stays dark on a dark ground.
  std::set<std::string> fills;
  for (auto at = bare.find("<text"); at != std::string::npos; at = bare.find("<text", at + 1)) {
    const auto from = bare.find("fill=\"", at);
    fills.insert(bare.substr(from, bare.find('"', from + 6) + 1 - from));
  }
  CHECK(fills.size() >= 3);
  for (const auto& fill : fills)
    CHECK(picture_css().find("text[" + fill + "] { fill: ") != std::string::npos);
}
