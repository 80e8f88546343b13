// How pictures look: the colours of both schemes, once, for DOT's attributes and for CSS.
#pragma once

#include <string>
#include <string_view>

namespace sluice::app {

struct Shade {
  std::string_view light, dark;
};

namespace look {
inline constexpr Shade ground{"#ffffff", "#14171a"};
inline constexpr Shade device_fill{"#f7f8f9", "#1a1e22"};
inline constexpr Shade device_line{"#d5dade", "#343b41"};
inline constexpr Shade text{"#1c2126", "#e6e9eb"};
inline constexpr Shade faint{"#56616b", "#a3adb6"};   // types, kinds, addresses
inline constexpr Shade figure{"#0b4f73", "#93d3f2"};  // what a report says
inline constexpr Shade line{"#6b7680", "#8b959e"};
inline constexpr Shade join{"#3b5bdb", "#91a7ff"};
inline constexpr Shade lost{"#b3261e", "#ff9a8f"};
}  // namespace look

// A box's fill and its border.
struct Paint {
  Shade fill, border;
};

// The class of a family's boxes, "hue0" to "hue9", by its name alone.
std::string hue_class(std::string_view family);
Paint paint_of_family(std::string_view family);

// Of a state's class; null where the family's paint stays.
const Paint* paint_of_state(std::string_view state);

// Rules for a picture that stands in an element or an <svg> of class "sluice", light and, where the
// viewer prefers that, dark.
std::string picture_css();

// Graphviz's SVG made fit to stand in a page or by itself: class "sluice"; without its prologue and
// comments; no scripts, no styles in elements, nothing from elsewhere.
std::string bare_svg(const std::string& from_graphviz);

// The same with picture_css() inside, to stand by itself.
std::string styled_svg(const std::string& from_graphviz);

}  // namespace sluice::app
