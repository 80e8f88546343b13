#include "graph/mermaid.hpp"

#include <fmt/format.h>

#include <map>
#include <sluice/observe/log.hpp>
#include <utility>

#include "graph/look.hpp"

namespace sluice::app {
namespace {

// Mermaid has marks of its own, and HTML in labels: all but plain text is written by its number.
std::string safe(std::string_view text) {
  constexpr std::string_view kPlain = " .,:/-_+%@";
  std::string result;
  for (const char c : escaped(text)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       byte >= 0x80 || kPlain.find(c) != std::string_view::npos;
    if (plain)
      result += c;
    else
      result += fmt::format("#{};", byte);
  }
  return result;
}

void add_line(std::string& label, std::string_view text) {
  if (text.empty()) return;
  if (!label.empty()) label += "<br/>";
  label += safe(text);
}

class Writer {
 public:
  std::string write(const Drawing& drawing, Direction direction) {
    direction_ = direction == Direction::right ? "LR" : "TB";
    text_ = fmt::format("flowchart {}\n", direction_);
    for (const auto& graph : drawing.graphs) add(graph);
    for (const auto& line : drawing.lines) add(line);
    for (const auto& [name, paint] : classes_)
      text_ += fmt::format("  classDef {} fill:{},stroke:{},color:{}\n", name, paint.fill.light,
                           paint.border.light, look::text.light);
    return text_ + line_looks_;
  }

 private:
  // Mermaid reads some names as its own words: elements are numbered.
  std::string number(const std::string& id) {
    return fmt::format("n{}", numbers_.try_emplace(id, numbers_.size() + 1).first->second);
  }

  void begin(const std::string& indent, const std::string& id, const std::string& title) {
    text_ += fmt::format("{}subgraph {}[\"{}\"]\n", indent, number(id), title);
  }

  void add(const Drawing::Graph& graph) {
    auto title = safe(title_of(graph));
    if (!graph.sentence.empty()) title += ": " + safe(graph.sentence);
    begin("  ", graph.id, title);
    text_ += fmt::format("    direction {}\n", direction_);  // else one that stands alone is turned
    for (const auto& group : graph.groups) {
      const bool framed = group.stages.size() > 1;
      if (framed) begin("    ", group.id, safe(group.family));
      for (const auto& stage : group.stages) add(stage, group.family);
      if (framed) text_ += "    end\n";
    }
    for (const auto& queue : graph.queues) text_ += fmt::format("    {}(( ))\n", number(queue));
    text_ += "  end\n";
  }

  void add(const Drawing::Stage& stage, const std::string& family) {
    std::string label = "<b>" + safe(stage.name) + "</b>";
    add_line(label, stage.type);
    for (const auto& note : stage.notes) add_line(label, note);
    for (const auto& line : stage.figures.lines) add_line(label, line);
    const auto* special = paint_of_state(stage.figures.state);
    const auto name = special ? stage.figures.state : hue_class(family);
    classes_[name] = special ? *special : paint_of_family(family);
    text_ += fmt::format("    {}[\"{}\"]:::{}\n", number(stage.id), label, name);
  }

  void add(const Drawing::Line& line) {
    std::string label, arrow = "-->";
    for (const auto& text : line.texts) add_line(label, text);
    for (const auto& text : line.figures.lines) add_line(label, text);
    if (line.kind == Drawing::LineKind::link) arrow = "---";
    if (line.kind == Drawing::LineKind::events) arrow = "-.->";
    if (line.kind == Drawing::LineKind::join) {
      arrow = "-.->";
      look("stroke:" + std::string(look::join.light) + ",stroke-width:3px");
    }
    if (line.figures.state == "lossy") look("stroke:" + std::string(look::lost.light));
    text_ += fmt::format("  {} {}{} {}\n", number(line.from), arrow,
                         label.empty() ? "" : fmt::format("|\"{}\"|", label), number(line.to));
    ++lines_;
  }

  // Of the line that is being added.
  void look(const std::string& style) {
    line_looks_ += fmt::format("  linkStyle {} {}\n", lines_, style);
  }

  std::string_view direction_;
  std::string text_, line_looks_;
  std::map<std::string, std::size_t> numbers_;
  std::map<std::string, Paint> classes_;
  std::size_t lines_ = 0;
};

}  // namespace

std::string to_mermaid(const Drawing& drawing, Direction direction) {
  return Writer().write(drawing, direction);
}

}  // namespace sluice::app
