// Who could change a plugin? Its code runs with all rights of whoever runs Sluice.
#pragma once

#include <filesystem>

namespace sluice {

// As ssh is with keys: the file and every folder on its way, from the root down, must belong to
// root or to this user, and nobody else may write them. A folder like /tmp, where everybody makes
// files but only their owner may replace them, may be on the way, but not hold the plugin itself.
// `file` is absolute and without symbolic links. Throws PluginError that says which of them it is.
void expect_trusted(const std::filesystem::path& file);

}  // namespace sluice
