// What stages find in a frame. Annotations travel with the frame; drawing them is a display's task.
#pragma once

#include <string>

namespace sluice {

// A rectangle in fractions of the picture's width and height, so that it holds at every size the
// picture is scaled to: x and y are the upper left corner, all within 0..1.
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const Box&, const Box&) = default;
};

struct Annotation {
  // What found it or what it is: "motion", "truth" (a synthetic scene's own knowledge), a
  // detector's class such as "person", or "text".
  std::string label;
  Box box;             // all zero: about the whole picture
  double score = 1.0;  // 0..1
  std::string text;    // for people; may be empty
  friend bool operator==(const Annotation&, const Annotation&) = default;
};

}  // namespace sluice
