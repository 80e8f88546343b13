#include <map>
#include <sluice/plugin/error.hpp>
#include <sluice/plugin/find.hpp>

#include "catch.hpp"
#include "process.hpp"

using namespace sluice;
namespace fs = std::filesystem;

namespace {

PluginFolders folders_of(std::map<std::string, std::string> variables) {
  return plugin_folders([&](const std::string& name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  });
}

}  // namespace

TEST_CASE("plugins are looked for in SLUICE_PLUGIN_PATH, at home and in the system") {
  CHECK(folders_of({}).list == std::vector<fs::path>{"/usr/lib/sluice"});
  const auto folders = folders_of({{"SLUICE_PLUGIN_PATH", "/a::b:/c"}, {"HOME", "/home/me"}});
  CHECK(folders.list ==
        std::vector<fs::path>{"/a", "/c", "/home/me/.local/lib/sluice", "/usr/lib/sluice"});
  REQUIRE(folders.passed_over.size() == 2);
  CHECK(folders.passed_over[0] ==
        "SLUICE_PLUGIN_PATH: '' is passed over, as it is no absolute path");
  CHECK(folders.passed_over[1].find("'b'") != std::string::npos);
}

TEST_CASE("a plugin's name is libNAME.so or NAME.so in the first folder that has one") {
  const test::Folder first, second;
  const PluginFolders folders{{first.path(), second.path()}, {}};
  const auto far = second.write("libblur.so", "");
  CHECK(find_plugin("blur", {}, folders) == far);
  const auto near = first.write("blur.so", "");
  CHECK(find_plugin("blur", {}, folders) == near);
  CHECK(find_plugin("libblur.so", {}, folders) == far);
  CHECK(find_plugin("./blur.so", first.path(), {}) == near);
  CHECK(find_plugin(far, "/elsewhere", {}) == far);
  first.write("notes.txt", "");
  first.write("a.so", "");
  second.write("a.so", "");
  CHECK(plugins_in(folders) == std::vector<fs::path>{first.path() / "a.so", near, far});

  for (const auto& name : {std::string("blurr"), std::string("blurr.so"), std::string("./blur.so"),
                           std::string(""), std::string("a\0b", 3), std::string(5000, 'x')}) {
    INFO(name);
    try {
      find_plugin(name, second.path(), folders);
      FAIL("was found");
    } catch (const PluginError& e) {
      CHECK(e.code().name() == "no-such-plugin");
    }
  }
}
