#include "time/plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "time/plot_frame.hpp"
#include "time/table.hpp"

namespace sluice::app {
namespace {

// Null where no frame came.
const Json* last_age_of(const Json& run) {
  const auto& last = run["stages"][run["last"].get<std::string>()];
  return last.contains("age_ms") ? &last["age_ms"] : nullptr;
}

// Moves places on the y axis apart until none is nearer to another than `gap`.
void spread(std::vector<std::pair<double, std::size_t>>& places, double gap) {
  std::sort(places.begin(), places.end());
  for (std::size_t i = 1; i < places.size(); ++i)
    places[i].first = std::max(places[i].first, places[i - 1].first + gap);
}

}  // namespace

std::string letter(std::size_t i) {
  return i < 26 ? std::string(1, static_cast<char>('A' + i)) : std::to_string(i + 1);
}

std::string named(const Json& variant, std::size_t i) {
  const std::string name = variant["name"];
  return name.empty() ? "" : letter(i) + " " + name + ", ";
}

std::string colour(std::size_t i) {
  return fmt::format("v{}{}", i % 6, i % 12 >= 6 ? " again" : "");
}

std::string age_by_share(const Json& measurement) {
  const auto& variants = measurement["variants"];
  const PlotFrame frame;
  std::vector<double> values;
  double rarest = 0.5;  // of what share of the frames the rarest that is known is
  for (const auto& variant : variants)
    if (const auto* age = last_age_of(variant["middle"]))
      for (const auto& point : (*age)["curve"]) {
        rarest = std::min(rarest, 1 - point[0].get<double>());
        values.push_back(point[1]);
      }
  const auto y = frame.milliseconds(values);
  const auto x = Scale::linear(0, -std::log10(rarest), frame.left, frame.right - 30);
  const auto place = [&](double share) { return x(-std::log10(1 - share)); };
  Svg svg(frame.width, frame.height, "age of frames at the last stage, by share of frames");
  frame.y_axis(svg, y, "ms old");
  for (const double share : {0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}) {
    if (1 - share < rarest * 0.999) break;
    svg.line("grid", {place(share), frame.top}, {place(share), frame.bottom});
    svg.text("tick middle", {place(share), frame.bottom + 24}, tick_text(100 * share) + " %");
  }
  std::vector<std::pair<double, std::size_t>> ends;
  std::vector<double> behind(variants.size());
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const auto* age = last_age_of(variants[i]["middle"]);
    if (!age) continue;
    std::vector<Point> points;
    for (const auto& point : (*age)["curve"]) points.push_back({place(point[0]), y(point[1])});
    if (points.empty()) continue;
    svg.path("curve " + colour(i), points);
    for (std::size_t p = 0; p < points.size(); ++p) {
      const auto& point = (*age)["curve"][p];
      svg.dot("point " + colour(i), points[p], 3,
              fmt::format("{}{:.6g} % are at most {} ms old", named(variants[i], i),
                          100 * point[0].get<double>(), number(point[1])));
    }
    ends.emplace_back(points.back().y, i);
    behind[i] = points.back().x + 12;
  }
  if (variants.size() > 1) {
    spread(ends, 15);
    for (const auto& [at, i] : ends)
      svg.text("letter " + colour(i), {behind[i], at + 5}, letter(i));
  }
  return svg.done();
}

std::string rate_by_run(const Json& measurement) {
  const auto& variants = measurement["variants"];
  const auto rate_of = [](const Json& run) {
    return run["stages"][run["last"].get<std::string>()]["fps"].get<double>();
  };
  PlotFrame frame;
  const auto many = static_cast<double>(variants.size());
  frame.width = std::max(frame.width, 60 * many + 90);
  frame.right = frame.width - 30;
  double low = rate_of(variants[0]["runs"][0]), high = low;
  for (std::size_t i = 0; i < variants.size(); ++i)
    for (const auto& run : variants[i]["runs"]) {
      low = std::min(low, rate_of(run));
      high = std::max(high, rate_of(run));
    }
  // Never so near that a thousandth looks like a cliff.
  const double room = std::max(0.1 * (high - low), 0.05 * high - 0.5 * (high - low));
  const auto y = Scale::linear(std::max(0.0, low - room), high + room, frame.bottom, frame.top);
  Svg svg(frame.width, frame.height, "frames a second at the last stage, run by run");
  frame.y_axis(svg, y, "frames/s");
  const double slot = (frame.right - frame.left) / many;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const auto& runs = variants[i]["runs"];
    const double from = frame.left + slot * (static_cast<double>(i) + 0.15), wide = 0.7 * slot;
    const double middle = rate_of(variants[i]["middle"]);
    svg.begin(colour(i),
              fmt::format("{}{} frames/s in the middle", named(variants[i], i), number(middle)));
    svg.line("middle-line", {from, y(middle)}, {from + wide, y(middle)});
    svg.end();
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const double at = (static_cast<double>(r) + 0.5) / static_cast<double>(runs.size());
      svg.dot("mark " + colour(i), {from + wide * at, y(rate_of(runs[r]))}, 5,
              fmt::format("{}run {}: {} frames/s", named(variants[i], i), r + 1,
                          number(rate_of(runs[r]))));
    }
    if (many > 1)
      svg.text("letter middle " + colour(i), {from + wide / 2, frame.bottom + 24}, letter(i));
  }
  return svg.done();
}

}  // namespace sluice::app
