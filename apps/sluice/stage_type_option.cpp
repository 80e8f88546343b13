#include "stage_type_option.hpp"

#include <fmt/format.h>

#include <sluice/graph/locate.hpp>
#include <sluice/graph/parameter_value.hpp>
#include <sluice/observe/log.hpp>
#include <sluice/plugin/error.hpp>
#include <sluice/plugin/load.hpp>

namespace sluice::app {

std::optional<std::filesystem::path> load_plugin_or_tell(const std::string& plugin,
                                                         const PluginFolders& folders) {
  try {
    const auto file = is_there(plugin) && !std::filesystem::is_directory(plugin)
                          ? std::filesystem::path(plugin)
                          : find_plugin(plugin, {}, folders);
    load_plugin(file);
    return file;
  } catch (const PluginError& e) {
    fmt::print(stderr, "sluice: {}; {}\n", escaped(e.what()), escaped(e.hint()));
    return {};
  }
}

void load_plugins_or_tell(const PluginFolders& folders) {
  for (const auto& sentence : folders.passed_over)
    fmt::print(stderr, "sluice: {}\n", escaped(sentence));
  for (const auto& file : plugins_in(folders)) load_plugin_or_tell(file.string(), folders);
}

const StageType* stage_type_or_tell(const std::string& name) {
  if (const auto* type = StageTypes::all().find(name)) return type;
  std::vector<std::string> names;
  for (const auto* type : StageTypes::all().sorted()) names.push_back(type->name);
  const auto near = nearest(name, names);
  fmt::print(stderr, "sluice: there is no stage type '{}'{}; `sluice stages` lists them\n",
             escaped(name), near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  return nullptr;
}

}  // namespace sluice::app
