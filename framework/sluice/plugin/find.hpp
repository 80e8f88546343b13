// Where plugins are.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

struct PluginFolders {
  std::vector<std::filesystem::path> list;  // in the order of looking; they need not be there
  // Entries of SLUICE_PLUGIN_PATH that are not absolute: what they mean would depend on where
  // Sluice was started.
  std::vector<std::string> passed_over;
};

// Those of SLUICE_PLUGIN_PATH, separated by colons, then ~/.local/lib/sluice and /usr/lib/sluice.
// `variable` gives the environment's.
PluginFolders plugin_folders(
    const std::function<std::optional<std::string>(const std::string&)>& variable);

// The file of a plugin. "blur" is libblur.so or blur.so in the first of the folders that has one of
// them; what ends in ".so" is a file's name there; what has a slash in it is a path, relative to
// `from`. Throws PluginError where there is none.
std::filesystem::path find_plugin(const std::string& name, const std::filesystem::path& from,
                                  const PluginFolders& folders);

// All files in the folders whose names end in ".so", folder by folder, sorted there; of several
// with one name the first, as with PATH.
std::vector<std::filesystem::path> plugins_in(const PluginFolders& folders);

}  // namespace sluice
