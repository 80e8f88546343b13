// Memory for what is made and let go with every frame.
#pragma once

#include <memory_resource>

namespace sluice {

// For objects of up to a few hundred bytes: what was given back is given out again, without asking
// the C library. Never shrinks, lives as long as the process, and may be used by every thread.
std::pmr::memory_resource& recycled_memory();

}  // namespace sluice
