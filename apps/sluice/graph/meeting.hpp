// Which addresses lead to each other.
#pragma once

#include <string_view>

namespace sluice::app {

// Whether who connects to the one address may find who binds the other: told by the addresses
// alone. What can't be told by them (which address a name has, or a network's interface) may be.
bool may_meet(std::string_view connects, std::string_view binds);

}  // namespace sluice::app
