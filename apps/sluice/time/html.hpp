// A measurement as one page that needs nothing else: no network, no script.
#pragma once

#include <string>
#include <string_view>

#include "time/timed_run.hpp"

namespace sluice::app {

// What was measured where, an overview, how the variants compare, plots, and all figures; see
// Measurement in time.cpp. Well-formed XML too.
std::string html_of(const Json& measurement);

extern const std::string_view kHtmlStyle;

}  // namespace sluice::app
