// A stage type, as several verbs take it.
#pragma once

#include <filesystem>
#include <optional>
#include <sluice/graph/stage_type.hpp>
#include <sluice/plugin/find.hpp>
#include <string>

namespace sluice::app {

// The plugin's file; nothing where it can't be loaded, which is told on standard error.
std::optional<std::filesystem::path> load_plugin_or_tell(const std::string& plugin,
                                                         const PluginFolders& folders);
// All that are in the folders; those that can't be loaded are told on standard error.
void load_plugins_or_tell(const PluginFolders& folders);

// Null where there is none of that name, which is then told on standard error.
const StageType* stage_type_or_tell(const std::string& name);

}  // namespace sluice::app
