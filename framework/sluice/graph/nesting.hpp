// How deep a text of TOML is nested.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice {

// The byte at which brackets or the parts of a dotted key go deeper than `most`; npos: nowhere.
// Reads strings and comments as TOML does, as far as the text is TOML.
//
// The TOML library limits brackets, but frees a table of tables recursively: a key of some hundred
// thousand dots, which fits well into a small file, would be the end of the stack.
std::size_t too_deep(std::string_view text, int most);

}  // namespace sluice
