#include "external/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sluice::external {

std::vector<std::string> passed_on(const std::vector<std::string>& names) {
  constexpr auto kNeeded =
      std::to_array<std::string_view>({"PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR"});
  std::vector<std::string> environment;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    if (std::ranges::find(kNeeded, name) != kNeeded.end() || name.starts_with("LC_") ||
        std::ranges::find(names, name) != names.end())
      environment.emplace_back(text);
  }
  return environment;
}

}  // namespace sluice::external
