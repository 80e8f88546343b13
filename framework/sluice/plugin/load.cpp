#include <dlfcn.h>
#include <fmt/format.h>

#include <sluice/base/trust.hpp>
#include <sluice/plugin/abi.hpp>
#include <sluice/plugin/abi_of.hpp>
#include <sluice/plugin/error.hpp>
#include <sluice/plugin/load.hpp>
#include <sluice/plugin/probe.hpp>
#include <system_error>

namespace sluice {
namespace {

namespace fs = std::filesystem;

// From the first instruction to the last stage type: some milliseconds, unless it waits for
// something.
constexpr Duration kLongestLoading = std::chrono::seconds(20);

fs::path real_path(const fs::path& file) {
  std::error_code error;
  auto real = fs::canonical(file, error);
  if (error)
    throw PluginError("bad-plugin",
                      fmt::format("can't find '{}': {}", file.string(), error.message()),
                      "check the permissions of the folders on its way");
  return real;
}

void expect_our_abi(const fs::path& file) {
  for (const auto& tag : abi_of(file))
    if (tag != SLUICE_ABI)
      throw PluginError("bad-plugin",
                        fmt::format("'{}' was built for \"{}\", and this is \"{}\"", file.string(),
                                    tag, SLUICE_ABI),
                        "build it again, with this Sluice's headers and its compiler");
}

// Its code runs with all rights of whoever runs Sluice.
void expect_trusted(const fs::path& file) {
  if (auto reason = distrust(file))
    throw PluginError("untrusted-plugin",
                      fmt::format("'{}' is not loaded: {}", file.string(), reason->why),
                      std::move(reason->hint));
}

// Why not; empty: it is open. Throws what the plugin's own code throws.
std::string open_plugin(const fs::path& file) {
  StageTypes::all().adding_from(file.string());
  const void* opened = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  StageTypes::all().adding_from({});
  if (!opened) return dlerror();
  return types_of_plugin(file).empty() ? "it adds no stage type" : "";
}

}  // namespace

void load_plugin(const fs::path& path) {
  const auto file = real_path(path);
  if (!types_of_plugin(file).empty()) return;
  expect_our_abi(file);
  expect_trusted(path);  // with the links on its way
  auto failure = failure_of([&] { return open_plugin(file); }, kLongestLoading);
  if (failure.empty()) failure = open_plugin(file);
  if (!failure.empty())
    throw PluginError("bad-plugin", fmt::format("'{}' can't be loaded: {}", file.string(), failure),
                      "mend it, or do without it");
}

std::vector<const StageType*> types_of_plugin(const fs::path& path) {
  std::error_code error;
  const auto file = fs::canonical(path, error).string();
  std::vector<const StageType*> types;
  for (const auto* type : StageTypes::all().sorted())
    if (!error && type->plugin == file) types.push_back(type);
  return types;
}

}  // namespace sluice
