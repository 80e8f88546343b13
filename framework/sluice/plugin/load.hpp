// Plugins: shared objects whose stage types become this program's. Once loaded, a plugin stays.
#pragma once

#include <filesystem>
#include <sluice/graph/stage_type.hpp>
#include <vector>

namespace sluice {

// Adds the plugin's types to StageTypes::all(); nothing where that has been done. Whatever is wrong
// with the file throws PluginError and leaves this process as it was: what it was built for and who
// could change it is looked at first, and then it is loaded in a process of its own. For the main
// thread, before there are others.
void load_plugin(const std::filesystem::path& file);

// The types of a loaded plugin, by name.
std::vector<const StageType*> types_of_plugin(const std::filesystem::path& file);

}  // namespace sluice
