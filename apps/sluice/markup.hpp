// Text from anywhere, made safe for HTML, SVG and DOT's labels.
#pragma once

#include <string>
#include <string_view>

namespace sluice::app {

// To stand between tags and in attributes, whatever it holds.
std::string markup(std::string_view text);

}  // namespace sluice::app
