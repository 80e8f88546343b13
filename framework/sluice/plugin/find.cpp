#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sluice/graph/locate.hpp>
#include <sluice/graph/problems.hpp>
#include <sluice/plugin/error.hpp>
#include <sluice/plugin/find.hpp>

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".so";

bool ends_in_so(std::string_view name) {
  return name.size() > kEnding.size() && name.substr(name.size() - kEnding.size()) == kEnding;
}

std::vector<std::string> file_names(const std::string& name) {
  if (ends_in_so(name)) return {name};
  return {fmt::format("lib{}{}", name, kEnding), name + std::string(kEnding)};
}

}  // namespace

PluginFolders plugin_folders(
    const std::function<std::optional<std::string>(const std::string&)>& variable) {
  PluginFolders folders;
  auto rest = variable("SLUICE_PLUGIN_PATH").value_or("");
  while (!rest.empty()) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const auto entry = rest.substr(0, colon);
    rest.erase(0, colon + 1);
    if (!entry.empty() && entry.front() == '/')
      folders.list.emplace_back(entry);
    else
      folders.passed_over.push_back(
          fmt::format("SLUICE_PLUGIN_PATH: '{}' is passed over, as it is no absolute path", entry));
  }
  if (const auto home = variable("HOME"); home && !home->empty() && home->front() == '/')
    folders.list.push_back(fs::path(*home) / ".local/lib/sluice");
  folders.list.emplace_back("/usr/lib/sluice");
  return folders;
}

fs::path find_plugin(const std::string& name, const fs::path& from, const PluginFolders& folders) {
  const auto missing = [](const std::string& what, std::string hint) {
    throw PluginError("no-such-plugin", what, std::move(hint));
  };
  if (!is_file_name(name)) missing("a plugin's name can't be empty or contain NUL", {});
  if (name.find('/') != std::string::npos) {
    auto path = (from / name).lexically_normal();
    if (!is_there(path))
      missing(fmt::format("there is no file '{}'", path.string()),
              "a plugin's path is relative to the file that names it");
    return path;
  }
  std::vector<std::string> searched;
  for (const auto& folder : folders.list) {
    for (const auto& file : file_names(name))
      if (is_there(folder / file)) return folder / file;
    searched.push_back(folder.string());
  }
  auto hint = fmt::format("it would be {}; SLUICE_PLUGIN_PATH names more folders",
                          fmt::join(file_names(name), " or "));
  for (const auto& sentence : folders.passed_over) hint += ". " + sentence;
  missing(fmt::format("no plugin '{}' in {}", name,
                      searched.empty() ? std::string("any folder") : listed(searched)),
          std::move(hint));
  return {};
}

std::vector<fs::path> plugins_in(const PluginFolders& folders) {
  std::vector<fs::path> files;
  std::set<std::string> names;
  for (const auto& folder : folders.list) {
    const auto begin = static_cast<std::ptrdiff_t>(files.size());
    std::error_code error;
    for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
         it.increment(error)) {
      const auto name = it->path().filename().string();
      if (ends_in_so(name) && names.insert(name).second) files.push_back(it->path());
    }
    std::sort(files.begin() + begin, files.end());
  }
  return files;
}

}  // namespace sluice
