// Standard error, which may be a terminal that was stopped, or a pipe whose reader was: nobody
// waits for them.
#pragma once

#include <sluice/media/time.hpp>
#include <string_view>

namespace sluice {

// Writes lines to standard error, or what there is room for of them within the limit. What found no
// room is counted, and told with the next that does. Thread-safe.
void write_console(std::string_view lines, Duration limit = {});

}  // namespace sluice
