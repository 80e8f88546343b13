#pragma once

#include <cstddef>

namespace sluice {

// What this process may use, in bytes: the machine's memory, or its cgroup's where that is less.
std::size_t memory_of_this_machine();

}  // namespace sluice
