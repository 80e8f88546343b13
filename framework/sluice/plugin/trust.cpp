#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <sluice/plugin/error.hpp>
#include <sluice/plugin/trust.hpp>
#include <system_error>

namespace sluice {

void expect_trusted(const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& why, std::string hint) {
    throw PluginError("untrusted-plugin", fmt::format("'{}' is not loaded: {}", file.string(), why),
                      std::move(hint));
  };
  const auto look = [&](const std::filesystem::path& path, bool may_be_sticky) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0)
      refuse(fmt::format("can't look at '{}': {}", path.string(),
                         std::generic_category().message(errno)),
             "check the permissions of the folders on its way");
    const auto mode = status.st_mode & 07777U;
    if (status.st_uid != 0 && status.st_uid != geteuid())
      refuse(fmt::format("'{}' belongs to user {}, neither to root nor to this user", path.string(),
                         status.st_uid),
             "have its owner changed (chown), or install it where only root writes");
    if ((mode & 022U) != 0 && !(may_be_sticky && S_ISDIR(status.st_mode) && (mode & S_ISVTX) != 0))
      refuse(fmt::format("others can write '{}' (mode {:04o})", path.string(), mode),
             fmt::format("chmod go-w '{}'", path.string()));
  };
  look(file, false);
  auto folder = file.parent_path();
  look(folder, false);
  while (folder != folder.root_path()) look(folder = folder.parent_path(), true);
}

}  // namespace sluice
