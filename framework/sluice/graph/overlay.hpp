// What is laid over the files: the [device.NAME] tables, and the settings of the command line.
#pragma once

#include <sluice/graph/document.hpp>
#include <sluice/graph/problems.hpp>
#include <string>
#include <vector>

namespace sluice {

// Takes `device` out of the graph and lays the named device's table over it. The others' tables
// are checked too, as far as that goes: a mistake in them would else show only on that device.
void apply_device(Table& graph, const std::string& device, Problems& problems);

// Lays "stage.jpeg.quality=70" and the like over the graph, in order. What is not a TOML value is
// taken as a text.
void apply_sets(Table& graph, const std::vector<std::string>& sets, Sources& sources,
                Problems& problems);

}  // namespace sluice
