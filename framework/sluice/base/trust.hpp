// Who could change a plugin? Its code runs with all rights of whoever runs Sluice.
#pragma once

#include <grp.h>
#include <pwd.h>

#include <filesystem>

namespace sluice {

// As ssh is with keys: the file and every folder on its way, from the root down, must belong to
// root or to this user, and nobody else may write them; a group of the owner's own (see below) is
// nobody else. A folder like /tmp, where everybody makes files but only their owner may replace
// them, may be on the way, but not hold the plugin itself. `file` is absolute and without symbolic
// links. Throws PluginError that says which of them it is: all of them that others can write.
void expect_trusted(const std::filesystem::path& file);

// Whether the group is one that was made for the user alone, as Debian does, where umask is then
// often 002. It is the user's primary group and has no other member. Whose primary group it is
// besides is not listed in it, and all users' entries can't always be read: that it has the user's
// name says that nobody else was put there, as it tells "anna" from "users".
bool is_private_group(const group& group, const passwd& user);

}  // namespace sluice
