#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "time/plot_frame.hpp"
#include "time/plots.hpp"
#include "time/table.hpp"

namespace sluice::app {
namespace {

// One figure of each stage, for each variant side by side.
class StagePlot {
 public:
  // `what`: the figure's name among a stage's.
  StagePlot(const Json& variants, const char* what) : variants_(variants), what_(what) {
    std::size_t longest = 0;
    for (const auto& variant : variants)
      for (const auto& [stage, figures] : variant["middle"]["stages"].items())
        if (figures.contains(what) &&
            std::find(stages_.begin(), stages_.end(), stage) == stages_.end()) {
          stages_.push_back(stage);
          longest = std::max(longest, stage.size());
        }
    const auto number = static_cast<double>(std::max<std::size_t>(1, stages_.size()));
    const double many = static_cast<double>(variants.size());
    frame.width = std::max(frame.width, number * std::max(56.0, 14 * many + 16) + 90);
    frame.right = frame.width - 30;
    slot_ = (frame.right - frame.left) / number;
    apart_ = std::min(24.0, 0.8 * slot_ / many);
    slanted_ = 8 * static_cast<double>(longest) > slot_;
    if (slanted_) frame.height += std::min(110.0, 5 * static_cast<double>(longest));
  }

  using Visit = std::function<void(double x, const Json& figure, std::size_t variant,
                                   const std::string& stage)>;
  void for_each(const Visit& visit) const {
    for (std::size_t s = 0; s < stages_.size(); ++s)
      for (std::size_t i = 0; i < variants_.size(); ++i) {
        const auto& stages = variants_[i]["middle"]["stages"];
        if (!stages.contains(stages_[s]) || !stages[stages_[s]].contains(what_)) continue;
        const double from_middle =
            static_cast<double>(i) - (static_cast<double>(variants_.size()) - 1) / 2;
        visit(middle_of(s) + from_middle * apart_, stages[stages_[s]][what_], i, stages_[s]);
      }
  }

  void x_axis(Svg& svg) const {
    for (std::size_t s = 0; s < stages_.size(); ++s)
      if (slanted_)
        svg.slanted("name", {middle_of(s) + 6, frame.bottom + 18}, stages_[s]);
      else
        svg.text("name middle", {middle_of(s), frame.bottom + 24}, stages_[s]);
  }

  double apart() const { return apart_; }

  PlotFrame frame;

 private:
  double middle_of(std::size_t stage) const {
    return frame.left + slot_ * (static_cast<double>(stage) + 0.5);
  }

  const Json& variants_;
  const char* const what_;
  std::vector<std::string> stages_;
  double slot_ = 0, apart_ = 0;
  bool slanted_ = false;
};

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

}  // namespace

std::string age_by_stage(const Json& measurement) {
  const auto& variants = measurement["variants"];
  const StagePlot plot(variants, "age_ms");
  std::vector<double> values;
  plot.for_each([&](double, const Json& age, std::size_t, const std::string&) {
    for (const char* part : {"p50", "p99", "max"}) values.push_back(age[part]);
  });
  const auto y = plot.frame.milliseconds(values);
  Svg svg(plot.frame.width, plot.frame.height, "age of frames at each stage");
  plot.frame.y_axis(svg, y, "ms old");
  plot.x_axis(svg);
  plot.for_each([&](double x, const Json& age, std::size_t i, const std::string& stage) {
    range(svg, y, x, age, i,
          fmt::format("{}{}: p50 {} ms, p99 {} ms, at most {} ms ({})", named(variants[i], i),
                      stage, number(age["p50"]), number(age["p99"]), number(age["max"]),
                      age["slowest"].get<std::string>()));
  });
  return svg.done();
}

std::string cost_by_stage(const Json& measurement) {
  const auto& variants = measurement["variants"];
  const StagePlot plot(variants, "cpu_us_per_frame");
  double high = 0;
  plot.for_each([&](double, const Json& cost, std::size_t, const std::string&) {
    high = std::max(high, cost.get<double>());
  });
  const auto y = Scale::linear(0, 1.05 * high, plot.frame.bottom, plot.frame.top);
  Svg svg(plot.frame.width, plot.frame.height, "CPU time a frame at each stage");
  plot.frame.y_axis(svg, y, "µs a frame");
  plot.x_axis(svg);
  plot.for_each([&](double x, const Json& cost, std::size_t i, const std::string& stage) {
    const double top = y(cost), wide = 0.7 * plot.apart();
    svg.begin(colour(i),
              fmt::format("{}{}: {} µs a frame", named(variants[i], i), stage, number(cost)));
    svg.box("cost", {x - wide / 2, top}, wide, y(0) - top);
    svg.end();
  });
  return svg.done();
}

}  // namespace sluice::app
