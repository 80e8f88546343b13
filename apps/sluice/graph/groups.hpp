// Which stages of a graph belong together in a picture.
#pragma once

#include <cstddef>
#include <sluice/graph/plan.hpp>
#include <string>
#include <vector>

namespace sluice::app {

// "encode" of "encode.jpeg".
std::string family_of(const StageType& type);

// Indices of stages of one family that are linked to each other or as far from the sources: cameras
// side by side are one group, a receiver at the beginning and a sender at the end are two. Groups
// and what is in them are in the plan's order; every stage is in one.
std::vector<std::vector<std::size_t>> groups_of(const Plan& plan);

}  // namespace sluice::app
