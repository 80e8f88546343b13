// The stage in Python that `sluice new-stage --python` makes.
#pragma once

#include <string>
#include <vector>

#include "new_stage/files.hpp"

namespace sluice::app {

// A program for external.process that needs pyzmq and numpy, and a graph that shows what it does.
// `name`: as a stage is called in a graph.
std::vector<ScaffoldFile> python_stage(const std::string& name);

}  // namespace sluice::app
