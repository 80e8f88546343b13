// What is wrong with a graph file, where, and what to do about it.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace sluice {

// The codes of all problems, which scripts may rely on. docs/graph-file.md explains each.
inline constexpr auto kProblemCodes =
    std::to_array<std::string_view>({"no-such-graph",     "unreadable",      "too-large",
                                     "empty-file",        "not-text",        "syntax",
                                     "too-deep",          "no-such-include", "include-cycle",
                                     "include-limit",     "no-such-plugin",  "bad-plugin",
                                     "untrusted-plugin",  "untrusted-graph", "plugin-not-run",
                                     "unknown-variable",  "bad-variable",    "bad-set",
                                     "bad-name",          "unknown-key",     "wrong-type",
                                     "bad-duration",      "bad-size",        "out-of-range",
                                     "not-a-choice",      "missing-type",    "unknown-type",
                                     "missing-parameter", "single-worker",   "bad-parameter",
                                     "no-stages",         "too-many-stages", "nobody-feeds-it",
                                     "feeds-a-source",    "no-such-stage",   "no-such-output",
                                     "no-such-input",     "duplicate-link",  "kinds-mismatch",
                                     "never-raised",      "cycle",           "goes-nowhere",
                                     "too-many-problems"});

// One of kProblemCodes; any other doesn't compile.
class ProblemCode {
 public:
  consteval ProblemCode(const char* name)  // NOLINT: meant to convert
      : name_(*std::find(kProblemCodes.begin(), kProblemCodes.end(), std::string_view(name))) {}
  constexpr std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

// One mistake, or a warning: something that is hardly meant, and hinders nothing. `code` is stable
// and fit for scripts: "unknown-key", "no-such-stage", ...
struct Problem {
  std::string file;  // as the user would name it; "--set" for a setting
  int line = 0;      // from 1; 0: about the file as a whole. Of "--set": which of them
  int column = 0;    // from 1, in characters
  std::string code;
  std::string message;      // what is wrong
  std::string hint;         // what to do; may be empty
  std::string source_line;  // the line as it stands, cut around the place if it is long
  int caret = 0;            // the place in `source_line`, from 1, in characters
  bool warning = false;
};

// file:line:column: error (or warning): message [code], then the line, a caret under the place, and
// the hint. Without a line's end. Safe for a terminal whatever the file contains.
std::string to_text(const Problem& problem);

}  // namespace sluice
