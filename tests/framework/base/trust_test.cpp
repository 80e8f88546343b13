#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <sluice/plugin/error.hpp>
#include <sluice/plugin/trust.hpp>

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"

using namespace sluice;
namespace fs = std::filesystem;

namespace {

// Why it isn't trusted; empty: it is.
std::string distrust(const fs::path& file) {
  try {
    expect_trusted(file);
    return {};
  } catch (const PluginError& e) {
    CHECK(e.code().name() == "untrusted-plugin");
    return e.what() + std::string("; ") + e.hint();
  }
}

std::string quoted(const fs::path& path) { return fmt::format("'{}'", path.string()); }

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Tree {
  Tree() {
    REQUIRE(mkdir(outer.c_str(), 0755) == 0);
    REQUIRE(mkdir(inner.c_str(), 0755) == 0);
    folder.write("outer/inner/libx.so", "");
    REQUIRE(chmod(file.c_str(), 0644) == 0);
  }
  const test::Folder folder;
  const fs::path outer = folder.path() / "outer";
  const fs::path inner = outer / "inner";
  const fs::path file = inner / "libx.so";
};

}  // namespace

TEST_CASE("a plugin that only its user can change is trusted") {
  const Tree tree;
  CHECK(distrust(tree.file) == "");
}

TEST_CASE("a plugin that others can change is not trusted, and it is said where") {
  const Tree tree;
  for (const auto& path : {tree.file, tree.inner, tree.outer})
    for (const mode_t mode : {0757, 0777}) {
      REQUIRE(chmod(path.c_str(), mode) == 0);
      CHECK(has(distrust(tree.file), "others can write " + quoted(path)));
      CHECK(has(distrust(tree.file), "chmod go-w " + quoted(path)));
      REQUIRE(chmod(path.c_str(), 0755) == 0);
    }
  CHECK(distrust(tree.file) == "");
}

TEST_CASE(
    "all that others can write on the way to a plugin is named at once, to be mended at once") {
  const Tree tree;
  for (const auto& path : {tree.file, tree.outer}) REQUIRE(chmod(path.c_str(), 0777) == 0);
  const auto told = distrust(tree.file);
  const auto file = quoted(tree.file), outer = quoted(tree.outer);
  CHECK(has(told, "others can write " + file + " (mode 0777), " + outer + " (mode 0777); "));
  const auto command = "chmod go-w " + file + " " + outer;
  REQUIRE(has(told, "; " + command));
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(distrust(tree.file) == "");
}

TEST_CASE("what umask 002 makes is trusted where the group is the user's own, and else is not") {
  const auto* user = getpwuid(geteuid());
  const auto* own = getgrgid(getegid());
  if (!user || !own || !is_private_group(*own, *user))
    test::skip("this user has no group of its own");
  const mode_t before = umask(002);
  const test::Folder folder;
  const auto inner = folder.path() / "inner";
  REQUIRE(mkdir(inner.c_str(), 0777) == 0);
  const fs::path file = folder.write("inner/libx.so", "");
  umask(before);
  struct stat status {};
  REQUIRE(stat(inner.c_str(), &status) == 0);
  REQUIRE((status.st_mode & S_IWGRP) != 0);
  CHECK(distrust(file) == "");

  // A list of access that lets another user write: version, then tag, rights and id of each entry.
  struct Entry {
    std::uint16_t tag, rights;
    std::uint32_t id;
  };
  constexpr std::uint32_t kNone = 0xFFFFFFFF;
  struct {
    std::uint32_t version = 2;
    std::array<Entry, 5> entries{
        {{1, 7, kNone}, {2, 7, 12345}, {4, 7, kNone}, {0x10, 7, kNone}, {0x20, 5, kNone}}};
  } const list;
  if (setxattr(inner.c_str(), "system.posix_acl_access", &list, sizeof list, 0) == 0) {
    CHECK(has(distrust(file), "others can write " + quoted(inner) + " (mode 0775)"));
    REQUIRE(removexattr(inner.c_str(), "system.posix_acl_access") == 0);
    CHECK(distrust(file) == "");
  }
  if (geteuid() != 0) return;  // only root can give a file to another group
  for (const auto& path : {file, inner}) {
    REQUIRE(chown(path.c_str(), 0, 12345) == 0);
    CHECK(has(distrust(file), "others can write " + quoted(path)));
    REQUIRE(chown(path.c_str(), 0, 0) == 0);
  }
}

TEST_CASE("a group is a user's own by its number, its name and its members") {
  std::string anna = "anna", bert = "bert", users = "users";
  std::array<char*, 2> nobody{}, herself{anna.data()}, another{bert.data()};
  passwd user{};
  user.pw_name = anna.data();
  user.pw_gid = 1000;
  const auto is_hers = [&](char* name, gid_t number, char** members) {
    group group{};
    group.gr_name = name;
    group.gr_gid = number;
    group.gr_mem = members;
    return is_private_group(group, user);
  };
  CHECK(is_hers(anna.data(), 1000, nobody.data()));
  CHECK(is_hers(anna.data(), 1000, herself.data()));
  CHECK_FALSE(is_hers(anna.data(), 1000, another.data()));
  CHECK_FALSE(is_hers(anna.data(), 1001, nobody.data()));
  CHECK_FALSE(is_hers(users.data(), 1000, nobody.data()));
}

TEST_CASE("a folder like /tmp may be on the way to a plugin, but not hold it") {
  const Tree tree;
  REQUIRE(chmod(tree.outer.c_str(), 01777) == 0);
  CHECK(distrust(tree.file) == "");
  REQUIRE(chmod(tree.inner.c_str(), 01777) == 0);
  CHECK(has(distrust(tree.file), "others can write " + quoted(tree.inner)));
}

TEST_CASE("a plugin of another user is not trusted") {
  const Tree tree;
  if (geteuid() != 0) test::skip("only root can give a file to another user");
  for (const auto& path : {tree.file, tree.inner, tree.outer}) {
    REQUIRE(chown(path.c_str(), 12345, 0) == 0);
    CHECK(has(distrust(tree.file), quoted(path) + " belongs to user 12345"));
    REQUIRE(chown(path.c_str(), 0, 0) == 0);
  }
}
