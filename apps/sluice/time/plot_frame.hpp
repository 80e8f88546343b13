// The axes that the plots share.
#pragma once

#include <string>
#include <vector>

#include "time/scale.hpp"
#include "time/svg.hpp"

namespace sluice::app {

// The space within the axes, in an SVG of `width` and `height`.
struct PlotFrame {
  double width = 640, height = 340;
  double left = 60, right = 610, top = 34, bottom = 300;

  // For milliseconds: from 0, or logarithmic where the values differ too much for that.
  Scale milliseconds(const std::vector<double>& values) const;
  // A line at each tick, its number on the left, and what it is above.
  void y_axis(Svg& svg, const Scale& scale, const std::string& what) const;
};

}  // namespace sluice::app
