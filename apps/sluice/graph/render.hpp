// Pictures by Graphviz's program `dot`, in a process of its own: where a layout goes wrong, nothing
// else does, and a device that draws nothing needs none of it.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace sluice::app {

// What `dot -T<format>` makes of this DOT. Any thread may call it; it waits for at most `limit`,
// and then, or when `cancelled` turns true, ends the process. SIGPIPE must be ignored, as `sluice`
// does. Throws std::runtime_error: there is no dot, it took too long, or it failed, and what it
// said.
std::string render(const std::string& dot, const std::string& format,
                   std::chrono::milliseconds limit = std::chrono::seconds(20),
                   const std::atomic<bool>* cancelled = nullptr);

}  // namespace sluice::app
