#include "time/plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "time/plot_frame.hpp"
#include "time/table.hpp"

namespace sluice::app {
namespace {

// The figures of a stage, or null where it has none.
const Json* age_of(const Json& run, const std::string& stage) {
  const auto& stages = run["stages"];
  if (!stages.contains(stage) || !stages[stage].contains("age_ms")) return nullptr;
  return &stages[stage]["age_ms"];
}

const Json* last_age_of(const Json& run) { return age_of(run, run["last"]); }

std::string named(const Json& variant, std::size_t i) {
  const std::string name = variant["name"];
  return name.empty() ? "" : letter(i) + " " + name + ", ";
}

std::vector<std::string> stages_with_age(const Json& variants) {
  std::vector<std::string> stages;
  for (const auto& variant : variants)
    for (const auto& [stage, figures] : variant["middle"]["stages"].items())
      if (figures.contains("age_ms") &&
          std::find(stages.begin(), stages.end(), stage) == stages.end())
        stages.push_back(stage);
  return stages;
}

// A stroke for the range from p50 to the oldest, wider up to p99, and a dot at p50.
void range(Svg& svg, const Scale& y, double x, const Json& age, std::size_t i,
           const std::string& tip) {
  svg.begin(colour(i), tip);
  const double p50 = y(age["p50"]), p99 = y(age["p99"]), max = y(age["max"]);
  svg.box("hit", {x - 6, max - 6}, 12, p50 - max + 12);
  svg.line("max", {x, p50}, {x, max});
  svg.line("max", {x - 4, max}, {x + 4, max});
  svg.line("p99", {x, p50}, {x, p99});
  svg.dot("mark", {x, p50}, 5);
  svg.end();
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

std::string colour(std::size_t i) {
  return fmt::format("v{}{}", i % 6, i % 12 >= 6 ? " again" : "");
}

std::string age_by_stage(const Json& measurement) {
  const auto& variants = measurement["variants"];
  const auto stages = stages_with_age(variants);
  const auto many = static_cast<double>(variants.size());
  std::size_t longest = 0;
  for (const auto& stage : stages) longest = std::max(longest, stage.size());
  const double least = std::max(56.0, 14 * many + 16);
  PlotFrame frame;
  frame.width = std::max(frame.width, static_cast<double>(stages.size()) * least + 90);
  frame.right = frame.width - 30;
  const double slot =
      (frame.right - frame.left) / static_cast<double>(std::max<std::size_t>(1, stages.size()));
  const bool slanted = 8 * static_cast<double>(longest) > slot;
  if (slanted) frame.height += std::min(110.0, 5 * static_cast<double>(longest));

  std::vector<double> values;
  for (const auto& variant : variants)
    for (const auto& stage : stages)
      if (const auto* age = age_of(variant["middle"], stage))
        for (const char* part : {"p50", "p99", "max"}) values.push_back((*age)[part]);
  const auto y = frame.milliseconds(values);
  Svg svg(frame.width, frame.height, "age of frames at each stage");
  frame.y_axis(svg, y, "ms old");
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const double middle = frame.left + slot * (static_cast<double>(s) + 0.5);
    if (slanted)
      svg.slanted("name", {middle + 6, frame.bottom + 18}, stages[s]);
    else
      svg.text("name middle", {middle, frame.bottom + 24}, stages[s]);
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const auto* age = age_of(variants[i]["middle"], stages[s]);
      if (!age) continue;
      const double apart = std::min(24.0, 0.8 * slot / many);
      range(svg, y, middle + (static_cast<double>(i) - (many - 1) / 2) * apart, *age, i,
            fmt::format("{}{}: p50 {} ms, p99 {} ms, at most {} ms ({})", named(variants[i], i),
                        stages[s], number((*age)["p50"]), number((*age)["p99"]),
                        number((*age)["max"]), (*age)["slowest"].get<std::string>()));
    }
  }
  return svg.done();
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
  }
  if (variants.size() > 1) {
    spread(ends, 15);
    for (const auto& [at, i] : ends)
      svg.text("letter " + colour(i), {frame.right - 16, at + 5}, letter(i));
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
  double low = 0, high = 0;
  for (std::size_t i = 0; i < variants.size(); ++i)
    for (const auto& run : variants[i]["runs"]) {
      low = high == 0 ? rate_of(run) : std::min(low, rate_of(run));
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
