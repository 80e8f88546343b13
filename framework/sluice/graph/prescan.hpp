// What must be refused before the TOML library sees a text.
#pragma once

#include <cstddef>
#include <optional>
#include <sluice/graph/problem.hpp>
#include <string>
#include <string_view>

namespace sluice {

// Levels of brackets, and parts of one key. A graph needs five.
inline constexpr int kDeepestNesting = 24;

struct ScanFault {
  std::size_t byte;
  ProblemCode code;
  std::string message;
};

// The first fault of a UTF-8 text that the library (3.3 and 3.4) doesn't survive or decides by
// chance:
//
// - Keys of many parts. It limits brackets, but frees tables in tables recursively: a key of some
//   hundred thousand dots, which fits well into a small file, is the end of the stack.
// - Characters outside ASCII where it expects white space: outside of strings and comments, behind
// a
//   backslash, at the beginning of a line that a backslash continues, and in quotes that are part
//   of what begins as a number. It runs into __builtin_unreachable() there. Two of these may be
//   TOML: a continued line, and a key that begins with a digit or a sign, as in 1='x'; white space
//   before the quotes helps.
//
// Reads strings and comments as TOML does, as far as the text is TOML.
std::optional<ScanFault> prescan(std::string_view text);

}  // namespace sluice
