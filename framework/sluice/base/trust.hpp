// Who could change a file? Asked of all that is believed without another look: plugins, graphs that
// are found by their names, keys, and folders of keys.
#pragma once

#include <grp.h>
#include <pwd.h>

#include <filesystem>
#include <optional>
#include <string>

namespace sluice {

// Why a file isn't trusted, and what to do about it.
struct Distrust {
  std::string why;   // "others can write '/srv/configs' (mode 0777)"
  std::string hint;  // "chmod go-w '/srv/configs'"
};

// As ssh is with keys: the file and every folder and symbolic link on its way, from the root down,
// must belong to root or to this user, and nobody else may write them; a group of the owner's own
// (see below) is nobody else. A folder like /tmp, where everybody makes files but only their owner
// may replace them, may be on the way, but not hold the file itself. Nothing
// where that is so; else all of them that others can write.
std::optional<Distrust> distrust(const std::filesystem::path& path);

// Whether the group is one that was made for the user alone, as Debian does, where umask is then
// often 002. It is the user's primary group and has no other member. Whose primary group it is
// besides is not listed in it, and all users' entries can't always be read: that it has the user's
// name says that nobody else was put there, as it tells "anna" from "users".
bool is_private_group(const group& group, const passwd& user);

}  // namespace sluice
