#include "graph/look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluice::app {
namespace {

// Cool ones, so that amber and red are left for what goes wrong.
constexpr std::array<Paint, 10> kHues{{
    {{"#e7f1fb", "#1f2d3a"}, {"#437ab1", "#6794c1"}},
    {{"#e7fbf7", "#1f3a35"}, {"#43b19b", "#67c1af"}},
    {{"#f0e7fb", "#2c1f3a"}, {"#7743b1", "#9167c1"}},
    {{"#e7f7fb", "#1f353a"}, {"#439bb1", "#67afc1"}},
    {{"#e7fbee", "#1f3a28"}, {"#43b168", "#67c185"}},
    {{"#eff1f3", "#292c30"}, {"#6d7888", "#89929f"}},
    {{"#f0fae8", "#2b3921"}, {"#72ac49", "#8dbc6b"}},
    {{"#e7e8fb", "#1f213a"}, {"#434bb1", "#676dc1"}},
    {{"#fbe7f8", "#3a1f36"}, {"#b143a3", "#c167b5"}},
    {{"#f3f1ef", "#302d2a"}, {"#877c6e", "#9e968a"}},
}};

struct StatePaint {
  std::string_view state;
  Paint paint;
};
constexpr std::array<StatePaint, 4> kStates{{
    {"idle", {{"#f1f3f4", "#20252a"}, {"#c3cad0", "#4a535b"}}},
    {"busy", {{"#fff3d1", "#43350c"}, {"#b7791f", "#e0a83a"}}},
    {"overloaded", {{"#fde4e1", "#4c1d1a"}, {"#b3261e", "#ff8a7f"}}},
    {"failed", {{"#fde4e1", "#4c1d1a"}, {"#b3261e", "#ff8a7f"}}},
}};

// By the name alone, so that a family looks the same in every picture. The factor is one by which
// the families that are built in come out different.
std::size_t hue_of(std::string_view family) {
  std::uint32_t hash = 0;
  for (const char c : family) hash = hash * 1405 + static_cast<unsigned char>(c);
  return (hash >> 16) % kHues.size();
}

std::string painted(std::string_view elements, std::string_view fill, std::string_view border) {
  return fmt::format("{} {{ fill: {}; stroke: {}; }}\n", elements, fill, border);
}

// All rules of one scheme.
std::string rules(std::string_view Shade::*scheme) {
  const auto in = [&](const Shade& shade) { return shade.*scheme; };
  std::string css;
  css += painted(".sluice .graph > polygon", in(look::ground), in(look::ground));
  css += painted(".sluice .device > path", in(look::device_fill), in(look::device_line));
  for (std::size_t i = 0; i < kHues.size(); ++i) {
    css += painted(fmt::format(".sluice .stage.hue{} > path", i), in(kHues[i].fill),
                   in(kHues[i].border));
    css += painted(fmt::format(".sluice .family.hue{} > path", i), in(look::ground),
                   in(kHues[i].border));
  }
  for (const auto& [state, paint] : kStates)
    css +=
        painted(fmt::format(".sluice .stage.{} > path", state), in(paint.fill), in(paint.border));
  const auto line = [&](std::string_view type, const Shade& shade) {
    css += painted(fmt::format(".sluice .{} > path", type), "none", in(shade));
    css += painted(fmt::format(".sluice .{} > polygon", type), in(shade), in(shade));
  };
  for (const auto* type : {"mailbox", "link", "events"}) line(type, look::line);
  line("join", look::join);
  line("mailbox.lossy", look::lost);
  css += painted(".sluice .queue > ellipse", in(look::line), in(look::line));
  // A text's own colour says what it is.
  for (const auto& shade : {look::text, look::faint, look::figure, look::join, look::lost})
    css += fmt::format(".sluice text[fill=\"{}\"] {{ fill: {}; }}\n", shade.light, in(shade));
  for (const auto* type : {".stage.overloaded", ".stage.failed", ".mailbox.lossy"})
    css += fmt::format(".sluice {} > text[fill=\"{}\"] {{ fill: {}; }}\n", type, look::figure.light,
                       in(look::lost));
  return css;
}

void erase_between(std::string& text, std::string_view begin, std::string_view end) {
  for (auto from = text.find(begin); from != std::string::npos; from = text.find(begin, from)) {
    auto to = text.find(end, from);
    if (to == std::string::npos) return;
    to += end.size();
    if (to < text.size() && text[to] == '\n') ++to;
    text.erase(from, to - from);
  }
}

}  // namespace

std::string hue_class(std::string_view family) { return fmt::format("hue{}", hue_of(family)); }

Paint paint_of_family(std::string_view family) { return kHues[hue_of(family)]; }

const Paint* paint_of_state(std::string_view state) {
  const auto* found = std::find_if(kStates.begin(), kStates.end(),
                                   [&](const StatePaint& s) { return s.state == state; });
  return found == kStates.end() ? nullptr : &found->paint;
}

std::string picture_css() {
  return ".sluice text { font-variant-numeric: tabular-nums; }\n" + rules(&Shade::light) +
         "@media (prefers-color-scheme: dark) {\n" + rules(&Shade::dark) + "}\n";
}

std::string bare_svg(const std::string& from_graphviz) {
  const auto begin = from_graphviz.find("<svg ");
  if (begin == std::string::npos) return {};
  std::string svg = from_graphviz.substr(begin);
  erase_between(svg, "<!--", "-->");
  erase_between(svg, "<title>", "</title>");  // ids, which a browser would show as tips
  return svg.insert(5, "class=\"sluice\" ");
}

std::string styled_svg(const std::string& from_graphviz) {
  auto svg = bare_svg(from_graphviz);
  const auto end = svg.find('>');
  return svg.insert(end + 1, "\n<style>\n" + picture_css() + "</style>");
}

}  // namespace sluice::app
