// Text from outside, character by character.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::utf8 {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool valid = true;  // false: one byte that begins no character
};

// The character at a byte of the text, which must be inside it.
Character at(std::string_view text, std::size_t byte);

// The first byte that is NUL or begins no character; npos: the text is clean.
std::size_t first_fault(std::string_view text);

// A byte that begins no character counts as one.
std::size_t length(std::string_view text);

// For a terminal: bytes that begin no character, control characters, and those that reorder a text
// or are shown as nothing, as escapes; with `keep_tabs` all but tabs. Of all that writes lines for
// people, this is the one rule.
std::string escaped(std::string_view text, bool keep_tabs = false);

// The same for a line of JSON, which stays one that means the same.
std::string escaped_json(std::string_view json);

// At most so many bytes, cut between characters, with "..." where something is missing.
std::string shortened(std::string text, std::size_t most);

}  // namespace sluice::utf8
