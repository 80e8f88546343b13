#include <sys/stat.h>
#include <unistd.h>

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
    for (const mode_t mode : {0775, 0757, 0777}) {
      REQUIRE(chmod(path.c_str(), mode) == 0);
      CHECK(has(distrust(tree.file), "others can write '" + path.string() + "'"));
      CHECK(has(distrust(tree.file), "chmod go-w '" + path.string() + "'"));
      REQUIRE(chmod(path.c_str(), 0755) == 0);
    }
  CHECK(distrust(tree.file) == "");
}

TEST_CASE("a folder like /tmp may be on the way to a plugin, but not hold it") {
  const Tree tree;
  REQUIRE(chmod(tree.outer.c_str(), 01777) == 0);
  CHECK(distrust(tree.file) == "");
  REQUIRE(chmod(tree.inner.c_str(), 01777) == 0);
  CHECK(has(distrust(tree.file), "others can write '" + tree.inner.string() + "'"));
}

TEST_CASE("a plugin of another user is not trusted") {
  const Tree tree;
  if (geteuid() != 0) test::skip("only root can give a file to another user");
  for (const auto& path : {tree.file, tree.inner, tree.outer}) {
    REQUIRE(chown(path.c_str(), 12345, 0) == 0);
    CHECK(has(distrust(tree.file), "'" + path.string() + "' belongs to user 12345"));
    REQUIRE(chown(path.c_str(), 0, 0) == 0);
  }
}
