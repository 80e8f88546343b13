#include "graph/dot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/look.hpp"
#include "markup.hpp"

namespace sluice::app {
namespace {

constexpr std::string_view kFont = "Helvetica,Arial,sans-serif";

// Even there, a backslash stands for something: \N for the node's name.
std::string label_text(std::string_view text) {
  std::string result;
  for (const char c : markup(text)) result.append(c == '\\' ? 2 : 1, c);
  return result;
}

// Rows of a label, one text each. They begin at one edge: a page that puts a shorter text there
// later keeps them in line.
class Rows {
 public:
  // Where a line runs close by.
  enum class Room { none, below, left };
  explicit Rows(Room room = Room::none) : room_(room) {}

  void add(std::string_view text, int size, const Shade& colour, bool bold = false) {
    if (text.empty()) return;
    const auto safe = label_text(text);
    rows_ += fmt::format(
        R"(<TR>{}<TD ALIGN="LEFT"><FONT POINT-SIZE="{}" COLOR="{}">{}</FONT></TD></TR>)",
        room_ == Room::left ? R"(<TD WIDTH="6"></TD>)" : "", size, colour.light,
        bold ? "<B>" + safe + "</B>" : safe);
  }
  bool empty() const { return rows_.empty(); }
  std::string done(int padding) const {
    return fmt::format(
        R"(<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{}">{}{}</TABLE>>)",
        padding, rows_, room_ == Room::below ? R"(<TR><TD HEIGHT="5"></TD></TR>)" : "");
  }

 private:
  const Room room_;
  std::string rows_;
};

std::string class_of(std::string_view what, std::string_view state) {
  return state.empty() ? std::string(what) : fmt::format("{} {}", what, state);
}

std::string stage_node(const Drawing::Stage& stage, const std::string& family) {
  Rows rows;
  rows.add(stage.name, 13, look::text, true);
  rows.add(stage.type, 10, look::faint);
  for (const auto& note : stage.notes) rows.add(note, 10, look::faint);
  const auto& state = stage.figures.state;
  const bool bad = state == "overloaded" || state == "failed";
  for (const auto& line : stage.figures.lines) rows.add(line, 10, bad ? look::lost : look::figure);
  const auto* special = paint_of_state(state);
  const auto paint = special ? *special : paint_of_family(family);
  return fmt::format(
      "\"{0}\" [id=\"{0}\" class=\"{1}\" fillcolor=\"{2}\" color=\"{3}\" label={4}];\n", stage.id,
      class_of("stage " + hue_class(family), state), paint.fill.light, paint.border.light,
      rows.done(1));
}

std::string group_cluster(const Drawing::Group& group) {
  std::string text;
  // One alone needs no frame: its colour and its type say the family.
  const bool framed = group.stages.size() > 1;
  if (framed) {
    Rows title;
    title.add(group.family, 10, look::faint);
    text += fmt::format(
        "subgraph \"cluster-{0}\" {{\nid=\"{0}\" class=\"family {1}\" style=\"rounded,filled\" "
        "fillcolor=\"{4}\" color=\"{2}\" margin=10 label={3};\n",
        group.id, hue_class(group.family), paint_of_family(group.family).border.light,
        title.done(0), look::ground.light);
  }
  for (const auto& stage : group.stages) text += stage_node(stage, group.family);
  return framed ? text + "}\n" : text;
}

std::string graph_cluster(const Drawing::Graph& graph) {
  Rows title;
  title.add(title_of(graph), 14, look::text, true);
  title.add(graph.sentence, 12, look::figure);
  auto text = fmt::format(
      "subgraph \"cluster-{0}\" {{\nid=\"{0}\" class=\"device\" style=\"rounded,filled\" "
      "fillcolor=\"{1}\" color=\"{2}\" margin=16 labeljust=l label={3};\n",
      graph.id, look::device_fill.light, look::device_line.light, title.done(2));
  for (const auto& group : graph.groups) text += group_cluster(group);
  for (const auto& queue : graph.queues)
    text +=
        fmt::format("\"{0}\" [id=\"{0}\" class=\"queue\" shape=point width=0.09 color=\"{1}\"];\n",
                    queue, look::line.light);
  return text + "}\n";
}

struct LineLook {
  std::string_view name, attributes;
  Shade shade;
};

LineLook look_of(Drawing::LineKind kind) {
  switch (kind) {
    case Drawing::LineKind::mailbox:
      return {"mailbox", "", look::line};
    case Drawing::LineKind::link:
      return {"link", " dir=none", look::line};
    case Drawing::LineKind::events:
      return {"events", " style=dotted penwidth=1.4", look::line};
    case Drawing::LineKind::join:
      break;
  }
  return {"join", " style=dashed penwidth=2.6", look::join};
}

std::string edge(const Drawing::Line& line, Direction direction) {
  auto [name, attributes, shade] = look_of(line.kind);
  const bool lossy = line.figures.state == "lossy";
  Rows rows(direction == Direction::right ? Rows::Room::below : Rows::Room::left);
  for (const auto& text : line.texts)
    rows.add(text, 10, line.kind == Drawing::LineKind::join ? look::join : look::faint);
  for (const auto& text : line.figures.lines) rows.add(text, 10, lossy ? look::lost : look::figure);
  if (lossy) shade = look::lost;
  return fmt::format("\"{}\" -> \"{}\" [id=\"{}\" class=\"{}\" color=\"{}\"{}{}];\n", line.from,
                     line.to, line.id, class_of(name, line.figures.state), shade.light, attributes,
                     rows.empty() ? "" : " label=" + rows.done(0));
}

}  // namespace

std::string to_dot(const Drawing& drawing, Direction direction) {
  auto text = fmt::format(
      "digraph sluice {{\n"
      "rankdir={} bgcolor=\"{}\" fontname=\"{}\" pad=0.15 nodesep=0.28 ranksep=0.45;\n"
      "node [shape=box style=\"rounded,filled\" penwidth=1.2 fontname=\"{}\" "
      "margin=\"0.14,0.07\"];\n"
      "edge [arrowsize=0.7 penwidth=1.1 fontname=\"{}\"];\n",
      direction == Direction::right ? "LR" : "TB", look::ground.light, kFont, kFont, kFont);
  for (const auto& graph : drawing.graphs) text += graph_cluster(graph);
  for (const auto& line : drawing.lines) text += edge(line, direction);
  return text + "}\n";
}

}  // namespace sluice::app
