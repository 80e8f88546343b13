// Which device a source's name belongs to.
#pragma once

#include <string>

namespace sluice {

// A device sends as itself and as DEVICE-ANYTHING, unless that belongs to another device in the
// same way, by a longer name. `is_device` says whether a name is that of a device.
template <class IsDevice>
bool owns(const std::string& device, const std::string& source, IsDevice is_device) {
  // The names that `source` may belong to, the longest first: itself, and it up to each '-'.
  for (auto end = source.size();; end = source.rfind('-', end - 1)) {
    if (end == std::string::npos || end == 0) return false;
    const auto name = source.substr(0, end);
    if (name == device) return true;
    if (is_device(name)) return false;
  }
}

}  // namespace sluice
