#include <fmt/format.h>

#include <sluice/graph/utf8.hpp>

namespace sluice::utf8 {
namespace {

// C0, DEL and C1 move a terminal's cursor or change its state; the others show a text in an order
// that isn't the file's (Unicode Technical Report 36, section 3.8.1).
bool hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

}  // namespace

Character at(std::string_view text, std::size_t byte) {
  const auto first = static_cast<unsigned char>(text[byte]);
  if (first < 0x80) return {first, 1, true};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const Character fault{first, 1, false};
  if (first < 0xc2 || first > 0xf4 || byte + bytes > text.size()) return fault;
  char32_t code = first & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[byte + i]);
    if ((next & 0xc0) != 0x80) return fault;
    code = (code << 6) | (next & 0x3fu);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return fault;
  return {code, bytes, true};
}

std::size_t first_fault(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = at(text, i);
    if (!c.valid || c.code == 0) return i;
    i += c.bytes;
  }
  return std::string_view::npos;
}

std::size_t length(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); i += at(text, i).bytes) ++count;
  return count;
}

std::string escaped(std::string_view text, bool keep_tabs) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = at(text, i);
    if (!c.valid) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned>(c.code));
    } else if (c.code == '\t' && keep_tabs) {
      result += '\t';
    } else if (c.code == '\n' || c.code == '\r' || c.code == '\t') {
      result += c.code == '\n' ? "\\n" : c.code == '\r' ? "\\r" : "\\t";
    } else if (hidden(c.code)) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c.code));
    } else {
      result += text.substr(i, c.bytes);
    }
    i += c.bytes;
  }
  return result;
}

std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = 0;
  while (end + at(text, end).bytes + 3 <= most) end += at(text, end).bytes;
  text.resize(end);
  return text + "...";
}

}  // namespace sluice::utf8
