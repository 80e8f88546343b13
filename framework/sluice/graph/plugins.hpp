// `plugins = [...]`: what must be loaded before a stage's type can be looked up.
#pragma once

#include <sluice/graph/document.hpp>
#include <sluice/graph/load.hpp>
#include <sluice/graph/problems.hpp>
#include <sluice/graph/variables.hpp>
#include <string>
#include <vector>

namespace sluice {

// No graph has more.
inline constexpr std::size_t kMostPlugins = 64;

// Loads the plugins that the graph names for this device: those of the last setting that gives
// them, else of the device, else of the graph itself. Paths are relative to the folder of the file
// that names them; such a plugin may have come with the graph, and is a problem unless the request
// says that its code may run. That the value is a list of texts is for the check to say.
void load_plugins(const Table& graph, const std::vector<Table>& settings,
                  const LoadRequest& request, const FileTexts& sources, Variables& variables,
                  Problems& problems);

}  // namespace sluice
