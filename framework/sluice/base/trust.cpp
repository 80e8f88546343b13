#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <sluice/plugin/error.hpp>
#include <sluice/plugin/trust.hpp>
#include <string_view>
#include <system_error>
#include <vector>

namespace sluice {
namespace {

constexpr std::size_t kLongestEntry = 1 << 20;  // bytes: a group of very many members

// `find` is getpwuid_r or getgrgid_r. The entry points into `memory`. Nothing where there is none,
// or it can't be found out.
template <class Entry, class Id>
std::optional<Entry> entry_of(int (*find)(Id, Entry*, char*, std::size_t, Entry**), Id id,
                              std::vector<char>& memory) {
  Entry entry{};
  Entry* found = nullptr;
  for (std::size_t size = 1024; size <= kLongestEntry; size *= 2) {
    memory.resize(size);
    const int error = find(id, &entry, memory.data(), size, &found);
    if (error != ERANGE) return error == 0 && found ? std::optional(entry) : std::nullopt;
  }
  return {};
}

// An access control list lets others write under the name of the group's rights.
bool has_no_list(const std::filesystem::path& path) {
  return lgetxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) < 0 &&
         (errno == ENODATA || errno == ENOTSUP);
}

bool group_is_owner(const std::filesystem::path& path, const struct stat& status) {
  std::vector<char> of_user, of_group;
  const auto user = entry_of(getpwuid_r, status.st_uid, of_user);
  const auto group = entry_of(getgrgid_r, status.st_gid, of_group);
  return user && group && is_private_group(*group, *user) && has_no_list(path);
}

bool others_write(const std::filesystem::path& path, const struct stat& status,
                  bool may_be_sticky) {
  if (may_be_sticky && S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0) return false;
  return (status.st_mode & S_IWOTH) != 0 ||
         ((status.st_mode & S_IWGRP) != 0 && !group_is_owner(path, status));
}

}  // namespace

bool is_private_group(const group& group, const passwd& user) {
  if (group.gr_gid != user.pw_gid || std::string_view(group.gr_name) != user.pw_name) return false;
  for (char** member = group.gr_mem; *member; ++member)
    if (std::string_view(*member) != user.pw_name) return false;
  return true;
}

void expect_trusted(const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& why, std::string hint) {
    throw PluginError("untrusted-plugin", fmt::format("'{}' is not loaded: {}", file.string(), why),
                      std::move(hint));
  };
  std::vector<std::string> open, named;
  const auto look = [&](const std::filesystem::path& path, bool may_be_sticky) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0)
      refuse(fmt::format("can't look at '{}': {}", path.string(),
                         std::generic_category().message(errno)),
             "check the permissions of the folders on its way");
    if (status.st_uid != 0 && status.st_uid != geteuid())
      refuse(fmt::format("'{}' belongs to user {}, neither to root nor to this user", path.string(),
                         status.st_uid),
             "have its owner changed (chown), or install it where only root writes");
    if (!others_write(path, status, may_be_sticky)) return;
    named.push_back(fmt::format("'{}'", path.string()));
    open.push_back(fmt::format("{} (mode {:04o})", named.back(), status.st_mode & 07777U));
  };
  look(file, false);
  auto folder = file.parent_path();
  look(folder, false);
  while (folder != folder.root_path()) look(folder = folder.parent_path(), true);
  if (!open.empty())
    refuse(fmt::format("others can write {}", fmt::join(open, ", ")),
           fmt::format("chmod go-w {}", fmt::join(named, " ")));
}

}  // namespace sluice
