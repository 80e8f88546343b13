#include "time/svg.hpp"

#include <fmt/format.h>

#include "markup.hpp"

namespace sluice::app {
namespace {

std::string tip_of(std::string_view tip) {
  return tip.empty() ? "" : fmt::format("<title>{}</title>", markup(tip));
}

}  // namespace

Svg::Svg(double width, double height, std::string_view about)
    : text_(fmt::format(
          "<svg{} viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\" "
          "xmlns=\"http://www.w3.org/2000/svg\">\n",
          // Narrower, its text could not be read: the page lets it scroll.
          width > 640 ? fmt::format(" class=\"wide\" style=\"min-width: {:.0f}px\"", 0.75 * width)
                      : "",
          width, height, markup(about))) {}

void Svg::line(const char* look, Point from, Point to) {
  text_ +=
      fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                  look, from.x, from.y, to.x, to.y);
}

void Svg::path(const std::string& look, const std::vector<Point>& points) {
  text_ += fmt::format("<path class=\"{}\" d=\"", look);
  for (std::size_t i = 0; i < points.size(); ++i)
    text_ += fmt::format("{}{:.1f} {:.1f}", i == 0 ? 'M' : 'L', points[i].x, points[i].y);
  text_ += "\"/>\n";
}

void Svg::dot(const std::string& look, Point at, double radius, std::string_view tip) {
  text_ += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\">{}</circle>\n",
                       look, at.x, at.y, radius, tip_of(tip));
}

void Svg::box(const char* look, Point corner, double width, double height) {
  text_ += fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n", look,
      corner.x, corner.y, width, height);
}

void Svg::text(const std::string& look, Point at, std::string_view text) {
  text_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", look, at.x, at.y,
                       markup(text));
}

void Svg::slanted(const std::string& look, Point at, std::string_view text) {
  text_ += fmt::format(
      "<text class=\"{} end\" transform=\"translate({:.1f} {:.1f}) rotate(-35)\">{}</text>\n", look,
      at.x, at.y, markup(text));
}

void Svg::begin(const std::string& look, std::string_view tip) {
  text_ += fmt::format("<g class=\"{}\">{}\n", look, tip_of(tip));
}

}  // namespace sluice::app
