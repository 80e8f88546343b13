// sluice new-stage: a folder with a plugin to begin with.

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <sluice/observe/log.hpp>
#include <system_error>

#include "new_stage/files.hpp"
#include "new_stage/python.hpp"
#include "new_stage/templates.hpp"
#include "verbs.hpp"
#include "whole_file.hpp"

namespace sluice::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 40;

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// count_people: CountPeople
std::string class_name(const std::string& name) {
  std::string result;
  bool capital = true;
  for (const char c : name) {
    if (c != '_') result += capital ? static_cast<char>(std::toupper(c)) : c;
    capital = c == '_';
  }
  return result;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string filled_in(std::string_view text, const std::string& name) {
  return replaced(replaced(std::string(text), "@name@", name), "@Class@", class_name(name));
}

// The template's own stages make way for one that is called as they are.
std::string graph_of(const StageTemplate& from, const std::string& name) {
  const auto away =
      replaced(std::string(from.graph), "[stage." + name + "]", "[stage." + name + "-2]");
  return filled_in(replaced(away, "= \"" + name + "\"", "= \"" + name + "-2\""), name);
}

// Where find_package() looks for the Sluice that this is: a build tree, or a prefix.
fs::path package_place() {
  const auto folder = fs::read_symlink("/proc/self/exe").parent_path();
  return fs::exists(folder / "SluiceConfig.cmake") ? folder : folder.parent_path();
}

std::vector<ScaffoldFile> plugin(const std::string& name, const StageTemplate& from) {
  const auto cmake = fmt::format(R"(cmake_minimum_required(VERSION 3.25)
project({0} LANGUAGES CXX)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# The Sluice that made this folder; -DSluice_DIR or CMAKE_PREFIX_PATH name another.
find_package(Sluice REQUIRED HINTS [[{1}]])
enable_testing()
sluice_add_plugin({0} {0}.cpp TESTS {0}_test.cpp)
)",
                                 name, package_place().string());
  const auto graph =
      fmt::format("plugins = [\"build/lib{}.so\"]\n\n{}", name, graph_of(from, name));
  return {{name + ".cpp", filled_in(from.stage, name)},
          {name + "_test.cpp", filled_in(from.test, name)},
          {"CMakeLists.txt", cmake},
          {name + ".toml", graph}};
}

const StageTemplate* template_or_tell(const std::string& in, const std::string& out) {
  std::string known;
  for (const auto* each : stage_templates()) {
    if (each->in == in && each->out == out) return each;
    known += fmt::format("{}--in {} --out {}", known.empty() ? "" : ", ", each->in, each->out);
  }
  fmt::print(stderr, "sluice: no stage to begin with takes '{}' and gives '{}'; there are: {}\n",
             escaped(in), escaped(out), known);
  return nullptr;
}

// False where the folder can't be made.
bool write_or_tell(const fs::path& folder, const std::vector<ScaffoldFile>& files) {
  if (mkdir(folder.c_str(), 0777) != 0) {
    const auto why = errno == EEXIST ? "it is there already; give another name"
                                     : std::generic_category().message(errno);
    fmt::print(stderr, "sluice: cannot make the folder '{}': {}\n", folder.string(), why);
    return false;
  }
  for (const auto& file : files) {
    WholeFile((folder / file.path).string()).put_in_place(file.text);
    if (file.executable)
      fs::permissions(folder / file.path, fs::perms::owner_exec | fs::perms::group_exec,
                      fs::perm_options::add);
    fmt::print("{}\n", (folder / file.path).string());
  }
  return true;
}

struct Options {
  std::string name;
  std::string in = "image";
  std::string out;
  bool python = false;
};

int new_stage(const Options& options) {
  const auto& [name, in, out, python] = options;
  if (!is_name(name)) {
    fmt::print(
        stderr,
        "sluice: '{}' can't be a stage's name: it begins with a letter, and has at most {} of "
        "a-z 0-9 _\n",
        escaped(name), kLongestName);
    return kWrong;
  }
  if (python) {
    if (!write_or_tell(name, python_stage(name))) return kWrong;
    fmt::print(R"(
It needs pyzmq and numpy (apt-get install python3-zmq python3-numpy). To see it run:
  cd {0}
  sluice run {0}.toml
)",
               name);
    return kDone;
  }
  const auto* from = template_or_tell(in, !out.empty() ? out : in == "none" ? "image" : in);
  if (!from) return kWrong;
  if (!write_or_tell(name, plugin(name, *from))) return kWrong;
  fmt::print(R"(
The stage type is my.{0}. To build it, test it, and see it run:
  cd {0}
  cmake -B build && cmake --build build && ctest --test-dir build
  sluice run {0}.toml
)",
             name);
  return kDone;
}

}  // namespace

Verb add_new_stage(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("new-stage", "Makes a folder with a stage of your own in it");
  verb->add_option("NAME", options->name, "the stage's and the folder's, as in count_people")
      ->required();
  auto* python = verb->add_flag("--python", options->python,
                                "in Python, as a command that external.process runs");
  verb->add_option("--in", options->in, "what it takes: image (default), jpeg or none")
      ->type_name("KIND")
      ->excludes(python);
  verb->add_option("--out", options->out, "what it gives: image, jpeg or events; default: as --in")
      ->type_name("KIND")
      ->excludes(python);
  return [options] { return new_stage(*options); };
}

}  // namespace sluice::app
