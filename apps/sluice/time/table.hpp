// Figures in columns, for a terminal.
#pragma once

#include <string>
#include <vector>

#include "time/timed_run.hpp"

namespace sluice::app {

using Row = std::vector<std::string>;

// Columns as wide as they need; all but the first are set to the right, but the last. All rows are
// as long as the first.
std::string text_of_rows(const std::vector<Row>& rows);

// Three digits; "-" for what is no number.
std::string number(const Json& value);

}  // namespace sluice::app
