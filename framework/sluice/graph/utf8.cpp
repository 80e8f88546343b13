#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <sluice/graph/utf8.hpp>

namespace sluice::utf8 {
namespace {

struct Range {
  char32_t first, last;
};

// C0, DEL and C1 move a terminal's cursor or change its state. The others change how a text looks,
// or hide in it: what separates lines, sets the direction (Unicode Technical Report 36, section
// 3.8.1), annotates, or is shown as nothing (Default_Ignorable_Code_Point). In order.
constexpr Range kHidden[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool hidden(char32_t c) {
  const auto* range = std::lower_bound(std::begin(kHidden), std::end(kHidden), c,
                                       [](const Range& r, char32_t code) { return r.last < code; });
  return range != std::end(kHidden) && range->first <= c;
}

std::string escape_of(const Character& c) {
  const auto code = static_cast<unsigned>(c.code);
  if (!c.valid) return fmt::format("\\x{:02x}", code);
  switch (c.code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return code > 0xffff ? fmt::format("\\U{:08x}", code) : fmt::format("\\u{:04x}", code);
  }
}

std::string json_escape_of(char32_t code) {
  if (code <= 0xffff) return fmt::format("\\u{:04x}", static_cast<unsigned>(code));
  const auto beyond = static_cast<unsigned>(code) - 0x10000;  // as UTF-16 writes it
  return fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (beyond >> 10), 0xdc00 + (beyond & 0x3ff));
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
    if (c.valid && (!hidden(c.code) || (c.code == '\t' && keep_tabs)))
      result += text.substr(i, c.bytes);
    else
      result += escape_of(c);
    i += c.bytes;
  }
  return result;
}

std::string escaped_json(std::string_view json) {
  std::string result;
  for (std::size_t i = 0; i < json.size();) {
    const auto c = at(json, i);
    if (c.valid && hidden(c.code))
      result += json_escape_of(c.code);
    else
      result += json.substr(i, c.bytes);
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
