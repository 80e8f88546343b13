// Whose messages those are that come to a hub and are none of imagezmq's: what its user pointed at
// it, and what to do.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// What a message of so many parts, which begins with this one, looks like, and what to do. Empty
// where it looks like imagezmq's, and something else is wrong with it.
std::string guess_of(std::string_view first_part, std::size_t parts);

}  // namespace sluice
