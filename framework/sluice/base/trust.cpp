#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <set>
#include <sluice/base/trust.hpp>
#include <string_view>
#include <system_error>
#include <vector>

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;                  // as the kernel's
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
bool has_no_list(const fs::path& path) {
  return lgetxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) < 0 &&
         (errno == ENODATA || errno == ENOTSUP);
}

bool group_is_owner(const fs::path& path, const struct stat& status) {
  std::vector<char> of_user, of_group;
  const auto user = entry_of(getpwuid_r, status.st_uid, of_user);
  const auto group = entry_of(getgrgid_r, status.st_gid, of_group);
  return user && group && is_private_group(*group, *user) && has_no_list(path);
}

bool is_folder(const fs::path& path) {
  std::error_code unknown;  // what can't be looked at is told when it is its turn
  return fs::is_directory(fs::symlink_status(path, unknown));
}

bool others_write(const fs::path& path, const struct stat& status, bool may_be_sticky) {
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

std::optional<Distrust> distrust(const fs::path& path) {
  std::vector<std::string> open, named;  // what others can write
  std::set<fs::path> seen;
  std::deque<fs::path> left;  // the names that the way still has
  fs::path at;                // how far it has come, without a link in it
  const auto goes_on_by = [&](const fs::path& names) {
    auto before = left.begin();
    for (const auto& name : names)
      if (!name.empty() && name != ".") before = std::next(left.insert(before, name));
  };
  const auto refused = [](const fs::path& what, const std::string& why, std::string hint) {
    return Distrust{fmt::format("'{}' {}", what.string(), why), std::move(hint)};
  };
  goes_on_by(fs::absolute(path));
  for (int links = 0; !left.empty();) {
    const fs::path name = std::move(left.front());
    left.pop_front();
    if (name == "..") {
      at = at.parent_path();
      continue;
    }
    fs::path next = at / name;  // the root replaces all before it
    struct stat status {};
    if (lstat(next.c_str(), &status) != 0)
      return refused(next, "can't be looked at: " + std::generic_category().message(errno),
                     "check that it is there, and the permissions of the folders on its way");
    if (status.st_uid != 0 && status.st_uid != geteuid())
      return refused(
          next, fmt::format("belongs to user {}, neither to root nor to this user", status.st_uid),
          "have its owner changed (chown), or put a copy where only root or this user writes");
    if (S_ISLNK(status.st_mode)) {
      std::error_code error;
      const auto target = fs::read_symlink(next, error);
      if (!error && ++links > kMostLinks) error = std::make_error_code(std::errc::too_many_links);
      if (error) return refused(next, "can't be followed: " + error.message(), "fix the link");
      goes_on_by(target);
      continue;
    }
    at = std::move(next);
    const bool on_the_way = left.size() > 1 || (left.size() == 1 && is_folder(at / left.front()));
    if (!seen.insert(at).second || !others_write(at, status, on_the_way)) continue;
    named.push_back(fmt::format("'{}'", at.string()));
    open.push_back(fmt::format("{} (mode {:04o})", named.back(), status.st_mode & 07777U));
  }
  if (open.empty()) return {};
  return Distrust{fmt::format("others can write {}", fmt::join(open, ", ")),
                  fmt::format("chmod go-w {}", fmt::join(named, " "))};
}

}  // namespace sluice
