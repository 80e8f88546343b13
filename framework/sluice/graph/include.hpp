// A graph file and what it includes, as one table.
#pragma once

#include <filesystem>
#include <optional>
#include <sluice/graph/document.hpp>
#include <sluice/graph/problems.hpp>
#include <sluice/graph/variables.hpp>
#include <vector>

namespace sluice {

class FileLayers {
 public:
  static constexpr std::size_t kDeepest = 8;
  static constexpr std::size_t kMostFiles = 64;

  // `trusted`: what others could change is not included.
  FileLayers(FileTexts& sources, Variables& variables, Problems& problems, bool trusted)
      : sources_(sources), variables_(variables), problems_(problems), trusted_(trusted) {}

  // The text of a source and, below it, of what it includes. Nothing if the text itself can't be
  // read as TOML. `path` is the file's own: includes are relative to its folder.
  std::optional<Table> load(int source, const std::filesystem::path& path);

  // In the order of reading.
  const std::vector<std::filesystem::path>& files() const { return files_; }

 private:
  void include(const Value& which, const std::filesystem::path& folder, Table& below);

  FileTexts& sources_;
  Variables& variables_;
  Problems& problems_;
  const bool trusted_;
  std::filesystem::path home_;  // the graph file's folder
  std::vector<std::filesystem::path> files_;
  std::vector<std::filesystem::path> open_;  // being read, from the graph file down
  std::size_t named_ = 1;                    // files, whether they are there or not
};

}  // namespace sluice
