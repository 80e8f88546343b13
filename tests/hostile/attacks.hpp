// What strangers do to a hub. Each attack is done with when the function returns, the strangers
// gone; what must hold afterwards for the others is the test's to check, and what must hold for the
// attack itself stands in it.
#pragma once

#include <functional>
#include <vector>

#include "hostile/shipped.hpp"

namespace test {

struct Attack {
  const char* name;
  void (*run)(ShippedHub&);
};

// Those that any sender can do, whatever the way.
const std::vector<Attack>& attacks_by_message();
// Those of who can open a TCP connection, with the keys or without.
const std::vector<Attack>& attacks_by_connection();

}  // namespace test
