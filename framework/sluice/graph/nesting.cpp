#include <sluice/graph/nesting.hpp>

namespace sluice {
namespace {

// The byte behind the string that begins here.
std::size_t behind_string(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  const bool escapes = quote == '"';
  const bool multi_line =
      text.substr(begin, 3) == (escapes ? std::string_view("\"\"\"") : std::string_view("'''"));
  std::size_t i = begin + (multi_line ? 3 : 1);
  while (i < text.size()) {
    if (escapes && text[i] == '\\') {
      i += 2;
    } else if (text[i] == quote && !multi_line) {
      return i + 1;
    } else if (text[i] == quote && text.substr(i, 3) == std::string_view(text).substr(begin, 3)) {
      // Up to two quotes more belong to the string: """a""""" is a"".
      i += 3;
      for (int more = 0; more < 2 && i < text.size() && text[i] == quote; ++more) ++i;
      return i;
    } else if (text[i] == '\n' && !multi_line) {
      return i;  // not TOML: the parser stops here too
    } else {
      ++i;
    }
  }
  return text.size();
}

}  // namespace

std::size_t too_deep(std::string_view text, int most) {
  int brackets = 0;
  int dots = 0;
  for (std::size_t i = 0; i < text.size();) {
    switch (text[i]) {
      case '"':
      case '\'':
        i = behind_string(text, i);
        continue;
      case '#':
        i = text.find('\n', i);
        if (i == std::string_view::npos) return i;
        continue;
      case '[':
      case '{':
        if (++brackets > most) return i;
        dots = 0;
        break;
      case ']':
      case '}':
        if (brackets > 0) --brackets;
        dots = 0;
        break;
      case '.':
        if (++dots >= most) return i;
        break;
      case '\n':
      case '=':
      case ',':
        dots = 0;
        break;
      default:
        break;
    }
    ++i;
  }
  return std::string_view::npos;
}

}  // namespace sluice
