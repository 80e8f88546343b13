#include <fmt/format.h>

#include <sluice/graph/problem.hpp>
#include <sluice/graph/utf8.hpp>

namespace sluice {
namespace {

// What stands left of the caret: a space for each character as it is shown, tabs as they are, so
// that the caret lines up however wide a terminal makes a tab.
std::string margin(std::string_view line, int caret) {
  std::string result;
  std::size_t byte = 0;
  for (int i = 1; i < caret; ++i) {
    if (byte >= line.size()) {
      result += ' ';
      continue;
    }
    const auto bytes = utf8::at(line, byte).bytes;
    const auto shown = utf8::escaped(line.substr(byte, bytes), true);
    result += shown == "\t" ? shown : std::string(utf8::length(shown), ' ');
    byte += bytes;
  }
  return result;
}

}  // namespace

std::string to_text(const Problem& p) {
  const auto place = p.line > 0 ? fmt::format(":{}:{}", p.line, p.column) : std::string();
  auto text = fmt::format("{}{}: {}: {} [{}]", utf8::escaped(p.file), place,
                          p.warning ? "warning" : "error", utf8::escaped(p.message), p.code);
  if (p.line > 0 && p.caret > 0)
    text += fmt::format("\n{}\n{}^", utf8::escaped(p.source_line, true),
                        margin(p.source_line, p.caret));
  if (!p.hint.empty()) text += "\n  hint: " + utf8::escaped(p.hint);
  return text;
}

}  // namespace sluice
