#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <sluice/base/trust.hpp>

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"

using namespace sluice;
namespace fs = std::filesystem;

namespace {

// Why it isn't trusted; empty: it is.
std::string why_not(const fs::path& file) {
  const auto reason = distrust(file);
  return reason ? reason->why + "; " + reason->hint : "";
}

std::string quoted(const fs::path& path) { return fmt::format("'{}'", path.string()); }

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Tree {
  Tree() {
    REQUIRE(mkdir(outer.c_str(), 0755) == 0);
    REQUIRE(mkdir(inner.c_str(), 0755) == 0);
    folder.write("outer/inner/some.file", "");
    REQUIRE(chmod(file.c_str(), 0644) == 0);
  }
  const test::Folder folder;
  const fs::path outer = folder.path() / "outer";
  const fs::path inner = outer / "inner";
  const fs::path file = inner / "some.file";
};

// A folder and a file in it that the user's own group may write.
struct OwnGroups {
  OwnGroups() {
    const auto* user = getpwuid(geteuid());
    const auto* own = getgrgid(getegid());
    if (!user || !own || !is_private_group(*own, *user))
      test::skip("this user has no group of its own");
    const mode_t before = umask(002);
    const int made = mkdir(inner.c_str(), 0777);
    folder.write("inner/some.file", "");
    umask(before);
    REQUIRE(made == 0);
    struct stat status {};
    REQUIRE(stat(inner.c_str(), &status) == 0);
    REQUIRE((status.st_mode & S_IWGRP) != 0);
  }
  const test::Folder folder;
  const fs::path inner = folder.path() / "inner";
  const fs::path file = inner / "some.file";
};

// A link to a file by way of another to its folder.
struct Links {
  Links() {
    REQUIRE(mkdir(second.parent_path().c_str(), 0755) == 0);
    fs::create_symlink(tree.inner, second);
    fs::create_symlink("folder/../folder/second/some.file", first);
  }
  const Tree tree;
  const test::Folder folder;
  const fs::path first = folder.path() / "first";
  const fs::path second = folder.path() / "folder/second";
};

}  // namespace

TEST_CASE("a file that only its user can change is trusted") {
  const Tree tree;
  CHECK(why_not(tree.file) == "");
}

TEST_CASE("a file that others can change is not trusted, and it is said where") {
  const Tree tree;
  for (const auto& path : {tree.file, tree.inner, tree.outer})
    for (const mode_t mode : {0757, 0777}) {
      REQUIRE(chmod(path.c_str(), mode) == 0);
      CHECK(has(why_not(tree.file), "others can write " + quoted(path)));
      CHECK(has(why_not(tree.file), "chmod go-w " + quoted(path)));
      REQUIRE(chmod(path.c_str(), 0755) == 0);
    }
  CHECK(why_not(tree.file) == "");
}

TEST_CASE("all that others can write on the way to a file is named at once, to be mended at once") {
  const Tree tree;
  for (const auto& path : {tree.file, tree.outer}) REQUIRE(chmod(path.c_str(), 0777) == 0);
  const auto told = why_not(tree.file);
  const auto file = quoted(tree.file), outer = quoted(tree.outer);
  CHECK(has(told, "others can write " + outer + " (mode 0777), " + file + " (mode 0777); "));
  const auto command = "chmod go-w " + outer + " " + file;
  REQUIRE(has(told, "; " + command));
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(why_not(tree.file) == "");
}

TEST_CASE("what umask 002 makes is trusted where the group is the user's own") {
  const OwnGroups own;
  CHECK(why_not(own.file) == "");
}

TEST_CASE("what umask 002 makes is not trusted where a list of access lets another user write") {
  const OwnGroups own;
  // The list of access that lets another user write: version, then tag, rights and id of each
  // entry.
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
  if (setxattr(own.inner.c_str(), "system.posix_acl_access", &list, sizeof list, 0) != 0)
    test::skip("the file system of /tmp keeps no lists of access");
  CHECK(has(why_not(own.file), "others can write " + quoted(own.inner) + " (mode 0775)"));
  REQUIRE(removexattr(own.inner.c_str(), "system.posix_acl_access") == 0);
  CHECK(why_not(own.file) == "");
}

TEST_CASE("what umask 002 makes is not trusted where the group is another's") {
  const OwnGroups own;
  if (geteuid() != 0) test::skip("only root can give a file to another group");
  for (const auto& path : {own.file, own.inner}) {
    REQUIRE(chown(path.c_str(), 0, 12345) == 0);
    CHECK(has(why_not(own.file), "others can write " + quoted(path)));
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

TEST_CASE("a folder like /tmp may be on the way to a file, but not hold it") {
  const Tree tree;
  // It may hold a folder that is asked about, but not be that.
  REQUIRE(chmod(tree.outer.c_str(), 01777) == 0);
  CHECK(why_not(tree.inner) == "");
  CHECK(why_not(tree.inner / "") == "");
  CHECK(has(why_not(tree.outer), "others can write " + quoted(tree.outer)));
  REQUIRE(chmod(tree.outer.c_str(), 01777) == 0);
  CHECK(why_not(tree.file) == "");
  REQUIRE(chmod(tree.inner.c_str(), 01777) == 0);
  CHECK(has(why_not(tree.file), "others can write " + quoted(tree.inner)));
}

TEST_CASE("a file of another user is not trusted") {
  const Tree tree;
  if (geteuid() != 0) test::skip("only root can give a file to another user");
  for (const auto& path : {tree.file, tree.inner, tree.outer}) {
    REQUIRE(chown(path.c_str(), 12345, 0) == 0);
    CHECK(has(why_not(tree.file), quoted(path) + " belongs to user 12345"));
    REQUIRE(chown(path.c_str(), 0, 0) == 0);
  }
}

TEST_CASE("every link on the way to a file is looked at, and what holds it, with what it names") {
  const Links links;
  CHECK(why_not(links.first) == "");
  CHECK(why_not(links.second / "./some.file") == "");
  for (const auto& path : {links.tree.file, links.tree.inner, links.second.parent_path()}) {
    struct stat before {};
    REQUIRE(stat(path.c_str(), &before) == 0);
    REQUIRE(chmod(path.c_str(), 0777) == 0);
    CHECK(why_not(links.first) ==
          "others can write " + quoted(path) + " (mode 0777); chmod go-w " + quoted(path));
    REQUIRE(chmod(path.c_str(), before.st_mode) == 0);
  }
  fs::create_symlink("loop", links.folder.path() / "loop");
  CHECK(has(why_not(links.folder.path() / "loop"), "can't be followed: Too many"));
  CHECK(has(why_not(links.folder.path() / "gone"), "No such file"));
}

TEST_CASE("a link of another user is not trusted, anywhere on the way to a file") {
  const Links links;
  if (geteuid() != 0) test::skip("only root can make another user's link");
  for (const auto& link : {links.first, links.second}) {
    REQUIRE(lchown(link.c_str(), 12345, 0) == 0);
    CHECK(has(why_not(links.first), quoted(link) + " belongs to user 12345"));
    REQUIRE(lchown(link.c_str(), 0, 0) == 0);
  }
}

TEST_CASE("a path that begins where the process is means the same as the whole one") {
  const Tree tree;
  const auto before = fs::current_path();
  fs::current_path(tree.outer);
  CHECK(why_not("inner/some.file") == "");
  CHECK(why_not("inner") == "");
  REQUIRE(chmod(tree.inner.c_str(), 0777) == 0);
  CHECK(has(why_not("inner/some.file"), "others can write " + quoted(tree.inner)));
  CHECK(has(why_not("inner"), "others can write " + quoted(tree.inner)));
  fs::current_path(before);
}
