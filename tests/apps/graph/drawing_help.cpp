#include "drawing_help.hpp"

#include <algorithm>

namespace drawing_help {
namespace {

std::string decoded(std::string_view text) {
  static const std::map<std::string, char, std::less<>> names{
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}};
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto end = text[i] == '&' ? text.find(';', i) : std::string_view::npos;
    if (end == std::string_view::npos) {
      result += text[i];
      continue;
    }
    const auto name = text.substr(i + 1, end - i - 1);
    if (name.front() == '#')
      result += static_cast<char>(std::stoi(std::string(name.substr(1))));
    else
      result += names.at(std::string(name));
    i = end;
  }
  return result;
}

std::string attribute(std::string_view tag, const std::string& name) {
  const auto begin = tag.find(" " + name + "=\"");
  if (begin == std::string_view::npos) return {};
  const auto from = begin + name.size() + 3;
  return decoded(tag.substr(from, tag.find('"', from) - from));
}

}  // namespace

Plan plan_of(const std::string& text) {
  auto request = default_request("made-up");
  request.device = "here";
  request.variable = [](const std::string&) { return std::nullopt; };
  auto loaded = load_graph_text(text, request);
  for (const auto& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
  REQUIRE(loaded.plan);
  return std::move(*loaded.plan);
}

Plan chain() {
  return plan_of(R"(
[stage.camera]
type = "capture.synthetic"
[stage.jpeg]
type = "encode.jpeg"
from = "camera"
[stage.slow]
type = "decode.jpeg"
from = "jpeg"
mailbox = { when_full = "block", capacity = 2 }
[stage.uplink]
type = "transport.send"
from = "jpeg"
connect = "tcp://hub.local:5555"
[stage.end]
type = "sink.discard"
from = "slow"
[stage.events]
type = "log.events"
)");
}

Report silence(const Plan& plan) {
  Report report;
  report.graph = plan.name;
  report.device = plan.device;
  report.wall_s = 10;
  for (const auto& stage : plan.stages) {
    auto& s = report.stages.emplace_back();
    s.name = stage.name;
    s.type = stage.type->name;
    s.is_source = stage.type->is_source();
  }
  return report;
}

StageReport& of(Report& report, const std::string& stage) {
  const auto found = std::find_if(report.stages.begin(), report.stages.end(),
                                  [&](const StageReport& s) { return s.name == stage; });
  REQUIRE(found != report.stages.end());
  return *found;
}

void count(StageReport& stage, std::uint64_t in, std::uint64_t dropped, const std::string& cause,
           double ms) {
  stage.in = in;
  stage.out = in - dropped;
  if (dropped > 0) stage.dropped[cause] = dropped;
  if (ms > 0) {
    stage.process.count = stage.out;
    stage.process.mean = ms;
  }
  stage.wait.count = stage.out;
}

std::vector<Element> elements_of(const std::string& svg) {
  std::vector<Element> elements;
  std::vector<std::size_t> open;  // of groups, into elements
  std::vector<std::string> tags;
  for (auto at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
    const auto end = svg.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string_view tag(svg.data() + at + 1, end - at - 1);
    if (tag.front() == '/') {
      REQUIRE_FALSE(tags.empty());
      CHECK(tags.back() == tag.substr(1));
      if (tags.back() == "g") open.pop_back();
      tags.pop_back();
      continue;
    }
    if (tag.back() == '/') continue;
    tags.emplace_back(tag.substr(0, tag.find_first_of(" \n")));
    if (tags.back() == "g") {
      open.push_back(elements.size());
      elements.push_back({attribute(tag, "id"), attribute(tag, "class"), {}});
    }
    if (tags.back() == "text") {
      REQUIRE_FALSE(open.empty());
      elements[open.back()].texts.push_back(
          decoded(std::string_view(svg).substr(end + 1, svg.find('<', end) - end - 1)));
    }
  }
  CHECK(tags.empty());
  return elements;
}

const Element& element(const std::vector<Element>& all, const std::string& id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Element& e) { return e.id == id; });
  INFO(id);
  REQUIRE(found != all.end());
  return *found;
}

}  // namespace drawing_help
