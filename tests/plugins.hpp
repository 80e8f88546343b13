// The plugins that tests/plugins builds, in a folder that is trusted whatever the build tree's is.
#pragma once

#include <filesystem>
#include <string>

#include "process.hpp"

namespace test {

class PluginFolder : public Folder {
 public:
  // Copies libNAME.so there and returns its path.
  std::string add(const std::string& name) const {
    namespace fs = std::filesystem;
    const auto file = path() / ("lib" + name + ".so");
    fs::copy_file(fs::path(SLUICE_TEST_PLUGINS) / file.filename(), file);
    fs::permissions(file, fs::perms(0644));
    return file.string();
  }
};

}  // namespace test
