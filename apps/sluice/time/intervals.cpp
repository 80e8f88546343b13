#include "time/intervals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "markup.hpp"
#include "time/plots.hpp"
#include "time/scale.hpp"
#include "time/svg.hpp"

namespace sluice::app {
namespace {

constexpr double kWidth = 360, kHeight = 36, kEdge = 30;

struct Interval {
  std::size_t variant;
  double ratio, low, high;  // all the same where there was one pair of runs
  std::string says;
};

std::vector<Interval> intervals_of(const Json& comparisons, const std::string& figure) {
  std::vector<Interval> found;
  for (std::size_t i = 0; i < comparisons.size(); ++i)
    for (const auto& f : comparisons[i]["figures"])
      if (f["of"] == figure)
        found.push_back({i + 1, f["ratio"], f.value("low", f["ratio"].get<double>()),
                         f.value("high", f["ratio"].get<double>()), f["says"]});
  return found;
}

// Twice as much is as far from 1 as half as much.
Scale scale_for(const std::vector<Interval>& rows) {
  double low = 0.99, high = 1.01;
  for (const auto& row : rows) {
    // An interval from a few runs may be absurdly wide: it then ends at the edge.
    low = std::min({low, row.ratio, std::max(row.low, row.ratio / 8)});
    high = std::max({high, row.ratio, std::min(row.high, row.ratio * 8)});
  }
  return Scale::logarithmic(low, high, kEdge, kWidth - kEdge);
}

// As a ratio where it is far from 1, else as a change in percent.
std::string ratio_text(double ratio, const Scale& scale) {
  if (scale.high() / scale.low() > 4) return "×" + tick_text(ratio);
  const double percent = 100 * (ratio - 1);
  return std::abs(percent) < 1e-9 ? "0" : fmt::format("{:+.4g} %", percent);
}

std::vector<double> ticks_of(const Scale& scale) {
  std::vector<double> apart;  // enough for their text
  for (const double tick : scale.ticks(4))
    if (apart.empty() || scale(tick) - scale(apart.back()) > 48) apart.push_back(tick);
  return apart;
}

std::string bar(const Scale& scale, const Interval& row) {
  Svg svg(kWidth, kHeight, row.says);
  for (const double tick : ticks_of(scale))
    svg.line("grid", {scale(tick), 0}, {scale(tick), kHeight});
  svg.line("one", {scale(1), 0}, {scale(1), kHeight});
  const bool sure = row.low > 1 || row.high < 1;
  svg.begin(colour(row.variant) + (sure || row.low == row.high ? "" : " unsure"), row.says);
  const double from = std::max(scale(row.low), 4.0), to = std::min(scale(row.high), kWidth - 4);
  if (to > from) svg.box("bar", {from, kHeight / 2 - 6}, to - from, 12);
  svg.dot("mark", {scale(row.ratio), kHeight / 2}, 5);
  svg.end();
  return svg.done();
}

std::string axis(const Scale& scale) {
  Svg svg(kWidth, 24, "scale");
  for (const double tick : ticks_of(scale)) {
    svg.line("grid", {scale(tick), 0}, {scale(tick), 5});
    svg.text("tick middle", {scale(tick), 19}, ratio_text(tick, scale));
  }
  return svg.done();
}

}  // namespace

std::string intervals(const Json& measurement) {
  const auto& comparisons = measurement["comparisons"];
  std::vector<std::string> figures;
  for (const auto& comparison : comparisons)
    for (const auto& figure : comparison["figures"])
      if (std::find(figures.begin(), figures.end(), figure["of"].get<std::string>()) ==
          figures.end())
        figures.push_back(figure["of"]);
  std::string text;
  for (const auto& figure : figures) {
    const auto rows = intervals_of(comparisons, figure);
    const auto scale = scale_for(rows);
    text +=
        fmt::format("<table class=\"intervals\"><caption>{}</caption><tbody>\n", markup(figure));
    for (const auto& row : rows)
      text += fmt::format(
          "<tr><th scope=\"row\"><span class=\"tag {}\">{}</span></th><td class=\"drawn\">{}</td>"
          "<td class=\"says\">{}</td></tr>\n",
          colour(row.variant), letter(row.variant), bar(scale, row), markup(row.says));
    text += fmt::format("<tr><td></td><td class=\"drawn\">{}</td><td></td></tr></tbody></table>\n",
                        axis(scale));
  }
  return text;
}

}  // namespace sluice::app
