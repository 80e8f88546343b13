// The texts that a graph is made of: files, and the settings of the command line.
#pragma once

#include <filesystem>
#include <optional>
#include <sluice/graph/problem.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// No graph file is longer, in bytes: what is longer is another kind of file.
inline constexpr std::size_t kMaxGraphFile = 1 << 20;

// A place in one of the texts. Line and column from 1, in characters; line 0: the text as a whole.
struct Origin {
  int source = 0;  // index into FileTexts
  int line = 0;
  int column = 0;
};

class FileTexts {
 public:
  // What problems show of a text.
  enum class Shown { lines, places };

  // Gives the text's index. The same name is the same source.
  int add(std::string name, std::string text, Shown shown = Shown::lines);

  const std::string& name(int source) const { return list_.at(at(source)).name; }
  const std::string& text(int source) const { return list_.at(at(source)).text; }
  bool shows_lines(int source) const { return list_.at(at(source)).shown == Shown::lines; }
  // Without its end; empty where there is no such line.
  std::string_view line(const Origin& origin) const;

 private:
  struct Source {
    std::string name;
    std::string text;
    Shown shown;
  };
  static std::size_t at(int source) { return static_cast<std::size_t>(source); }

  std::vector<Source> list_;
};

// A file's text, or why there is none.
struct FileText {
  std::optional<std::string> text;
  ProblemCode code = "unreadable";
  std::string message;  // "'pi.toml' is a folder"
  std::string hint;
};
FileText read_graph_file(const std::filesystem::path& path);

}  // namespace sluice
