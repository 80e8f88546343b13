#include "external/private_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace sluice::external {
namespace {

// A socket's path has at most 107 bytes.
constexpr std::size_t kLongestPlace = 80;

}  // namespace

PrivateFolder::PrivateFolder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  for (const std::string place : {runtime ? runtime : "", "/tmp"}) {
    if (place.empty() || place.front() != '/' || place.size() > kLongestPlace) continue;
    std::string pattern = place + "/sluice-XXXXXX";
    if (!mkdtemp(pattern.data())) continue;  // such as of a user who has logged out
    path_ = pattern;
    return;
  }
  throw std::runtime_error(fmt::format("cannot make a folder in /tmp: {}; is it full?",
                                       std::generic_category().message(errno)));
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;  // it is empty, and in a place that is cleared
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace sluice::external
