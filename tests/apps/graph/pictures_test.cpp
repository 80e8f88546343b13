// The pictures in the documents are those that would be drawn now.

#include <algorithm>
#include <set>

#include "drawing_help.hpp"
#include "process.hpp"

using namespace drawing_help;

namespace {

const std::filesystem::path kDocs = SLUICE_SOURCE_DIR "/docs";

std::set<std::string> files_of(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".svg") names.insert(entry.path().filename());
  return names;
}

// Where things are depends on fonts and on Graphviz's version; what there is doesn't.
Texts content(const std::filesystem::path& svg) {
  Texts lines;
  for (const auto& e : elements_of(test::read_text(svg))) {
    std::string line = e.id + " (" + e.classes + ")";
    for (const auto& text : e.texts) line += " | " + text;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE("the pictures in the documents are true, or tools/pictures draws them anew") {
  const test::Folder drawn;
  test::Process draw({"/usr/bin/env", "SLUICE=" + test::binary(),
                      SLUICE_SOURCE_DIR "/tools/pictures", drawn.path().string()});
  const int status = draw.wait();
  INFO(draw.err());
  REQUIRE(status == 0);
  CHECK(files_of(kDocs / "graphs") == files_of(drawn.path() / "graphs"));
  for (const auto& name : files_of(drawn.path() / "graphs")) {
    INFO(name);
    const auto now = content(drawn.path() / "graphs" / name);
    CHECK(now.size() > 3);
    CHECK(content(kDocs / "graphs" / name) == now);
  }
  // With the Mermaid blocks in it.
  CHECK(test::read_text(kDocs / "drawing.md") == test::read_text(drawn.path() / "drawing.md"));
}

TEST_CASE("every sluice graph in docs/drawing.md draws a picture") {
  const auto text = test::read_text(kDocs / "drawing.md");
  const test::Folder folder;
  std::filesystem::copy(SLUICE_SOURCE_DIR "/configs", folder.path() / "configs");
  std::filesystem::copy(kDocs / "graphs/demo-run.json", folder.path() / "run.json");
  int commands = 0;
  const std::string name = "sluice graph ";
  for (auto at = text.find("\n" + name); at != std::string::npos;
       at = text.find("\n" + name, at + 1)) {
    const auto line = text.substr(at + 1, text.find_first_of("#\n", at + 1) - at - 1);
    test::Process process(
        {"/bin/sh", "-c",
         "cd " + folder.path().string() + " && exec " + test::binary() + line.substr(6)});
    const int status = process.wait();
    INFO(line << process.err());
    CHECK(status == 0);
    ++commands;
  }
  CHECK(commands >= 3);
}
