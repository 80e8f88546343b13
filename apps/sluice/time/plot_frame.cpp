#include "time/plot_frame.hpp"

#include <algorithm>

namespace sluice::app {

Scale PlotFrame::milliseconds(const std::vector<double>& values) const {
  double low = 0, high = 0;
  for (const double v : values) {
    high = std::max(high, v);
    if (v > 0 && (low == 0 || v < low)) low = v;
  }
  if (high < 20 * low || low == 0) return Scale::linear(0, high > 0 ? 1.05 * high : 1, bottom, top);
  return Scale::logarithmic(low / 1.3, high * 1.15, bottom, top);
}

void PlotFrame::y_axis(Svg& svg, const Scale& scale, const std::string& what) const {
  for (const double tick : scale.ticks(6)) {
    svg.line("grid", {left, scale(tick)}, {right, scale(tick)});
    svg.text("tick end", {left - 8, scale(tick) + 4.5}, tick_text(tick));
  }
  svg.text("tick", {6, 16}, what);
}

}  // namespace sluice::app
