#include <fmt/format.h>

#include <filesystem>
#include <sluice/graph/plugins.hpp>
#include <sluice/plugin/error.hpp>
#include <sluice/plugin/load.hpp>

namespace sluice {
namespace {

namespace fs = std::filesystem;

const Table* table_in(const Table* table, std::string_view key) {
  const auto* entry = table ? table->find(key) : nullptr;
  return entry ? entry->value.as<Table>() : nullptr;
}

const Entry* entry_that_counts(const Table& graph, const std::string& device,
                               const std::vector<Table>& settings) {
  for (auto setting = settings.rbegin(); setting != settings.rend(); ++setting)
    if (const auto* entry = setting->find("plugins")) return entry;
  if (const auto* own = table_in(table_in(&graph, "device"), device))
    if (const auto* entry = own->find("plugins")) return entry;
  return graph.find("plugins");
}

}  // namespace

void load_plugins(const Table& graph, const std::vector<Table>& settings,
                  const LoadRequest& request, const FileTexts& sources, Variables& variables,
                  Problems& problems) {
  const auto* entry = entry_that_counts(graph, request.device, settings);
  if (!entry) return;
  Value value = entry->value;
  variables.expand(value);
  const auto* list = value.as<Value::List>();
  if (list && list->size() > kMostPlugins) {
    problems.add(value.origin, "bad-plugin",
                 fmt::format("{} plugins; at most {} are allowed", list->size(), kMostPlugins),
                 "one plugin may have many stage types");
    return problems.mute("unknown-type");
  }
  const auto load = [&](const Value& item) {
    const auto name = text_of(item);
    if (!name) return problems.mute("unknown-type");
    try {
      const fs::path named_in = sources.name(item.origin.source);
      const auto file = find_plugin(*name, named_in.parent_path(), request.plugin_folders);
      if (name->find('/') != std::string::npos && !request.with_plugins)
        throw PluginError("plugin-not-run",
                          fmt::format("'{}' is named by a path, and isn't loaded here: that would "
                                      "run its code",
                                      file.string()),
                          "if you trust it, say --with-plugins");
      load_plugin(file);
    } catch (const PluginError& e) {
      problems.add(item.origin, e.code(), e.what(), e.hint());
      problems.mute("unknown-type");
    }
  };
  if (!list) return load(value);
  for (const auto& item : *list) load(item);
}

}  // namespace sluice
