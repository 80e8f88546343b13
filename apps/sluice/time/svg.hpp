// A drawing as text, to stand in a page. Looks are the page's: every element has a class.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::app {

struct Point {
  double x, y;
};

class Svg {
 public:
  // In its own units; it grows and shrinks with the page. `about` is for those who can't see it.
  Svg(double width, double height, std::string_view about);

  void line(const char* look, Point from, Point to);
  void path(const std::string& look, const std::vector<Point>& points);
  void dot(const std::string& look, Point at, double radius, std::string_view tip = {});
  void box(const char* look, Point corner, double width, double height);
  // `look` also says how it is aligned: "end", "middle", else it starts there.
  void text(const std::string& look, Point at, std::string_view text);
  // Turned, so that it ends there and comes from below on the left.
  void slanted(const std::string& look, Point at, std::string_view text);
  // What is drawn until the end() of it shows this text where one points at it.
  void begin(const std::string& look, std::string_view tip);
  void end() { text_ += "</g>\n"; }

  std::string done() { return std::move(text_) + "</svg>\n"; }

 private:
  std::string text_;
};

}  // namespace sluice::app
