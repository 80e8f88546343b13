// A plugin's ABI tag, read from its file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sluice {

// What its section SLUICE_ABI_SECTION says, each different text once; there are several where its
// objects don't fit each other. Never empty. The file is untrusted: none of its code runs, and none
// of what it says of itself is relied on. Throws PluginError where it is no plugin or can't be
// read.
std::vector<std::string> abi_of(const std::filesystem::path& file);

}  // namespace sluice
