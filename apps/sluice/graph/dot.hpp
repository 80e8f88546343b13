// A drawing in DOT, Graphviz's language.
#pragma once

#include <string>

#include "graph/drawing.hpp"

namespace sluice::app {

enum class Direction { right, down };

std::string to_dot(const Drawing& drawing, Direction direction = Direction::right);

}  // namespace sluice::app
