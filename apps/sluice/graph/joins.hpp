// Where graphs meet: an address that one stage connects to and another binds.
#pragma once

#include <sluice/graph/plan.hpp>
#include <string>
#include <vector>

#include "graph/drawing.hpp"

namespace sluice::app {

struct Address {
  End end = End::none;
  std::string text;
};
// What a stage binds and connects to, by what its type declares.
std::vector<Address> addresses_of(const StagePlan& stage);

// An address as pictures show it: escaped, and in the middle left out where it is long.
std::string shown_address(const std::string& address);

struct JoinEnd {
  const StagePlan* stage;
  std::string id;  // of its box
};

// The lines between these stages, from the one that frames feed to the one that is a source, and
// whichever of the two connects.
std::vector<Drawing::Line> joins_of(const std::vector<JoinEnd>& ends);

}  // namespace sluice::app
