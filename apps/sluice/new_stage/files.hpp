// What `sluice new-stage` writes.
#pragma once

#include <string>

namespace sluice::app {

struct ScaffoldFile {
  std::string path;  // within the new folder
  std::string text;
  bool executable = false;
};

}  // namespace sluice::app
