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

// "stage.jpeg.quality=70" and the like as tables to lay over the graph, in order, but for those
// there is a problem with. What is not a TOML value is taken as a text.
std::vector<Table> read_sets(const std::vector<std::string>& sets, FileTexts& sources,
                             Problems& problems);

// Lays them over the graph, in order, but for those of stages that it doesn't have.
void apply_sets(Table& graph, std::vector<Table> settings, Problems& problems);

}  // namespace sluice
