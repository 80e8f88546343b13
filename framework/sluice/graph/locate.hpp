// Which file does a graph's name mean?
#pragma once

#include <filesystem>
#include <optional>
#include <sluice/graph/problems.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct GraphFile {
  std::filesystem::path path;
  bool by_name = false;  // found; else the path is the caller's own word
};

// NAME.toml in the first of the folders that has it; what has a slash or ends in ".toml" is a path.
// Nothing if there is none, or if somebody else could change what was found: a graph is a program.
// `problems` says where it was looked for, and why it isn't taken, as a problem of source 0.
std::optional<GraphFile> locate_graph(const std::string& graph,
                                      const std::vector<std::filesystem::path>& folders,
                                      Problems& problems);

// Could a file have this name? (Not if it is empty or has a NUL in it.)
bool is_file_name(std::string_view name);
bool is_there(const std::filesystem::path& path);

// A hint for a file that isn't there: near names in its folder.
std::string near_files(const std::filesystem::path& path);

}  // namespace sluice
