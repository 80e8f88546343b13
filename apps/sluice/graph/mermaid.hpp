// A drawing in Mermaid, which GitHub and others show in Markdown.
#pragma once

#include <string>

#include "graph/dot.hpp"

namespace sluice::app {

std::string to_mermaid(const Drawing& drawing, Direction direction = Direction::right);

}  // namespace sluice::app
