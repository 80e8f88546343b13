#include <fmt/format.h>

#include <algorithm>
#include <sluice/graph/parameter_value.hpp>
#include <sluice/graph/problems.hpp>
#include <sluice/graph/utf8.hpp>

namespace sluice {
namespace {

constexpr std::size_t kLongestMessage = 400;  // bytes: a message may echo a value
constexpr std::size_t kLongestLine = 160;     // characters
constexpr std::size_t kBeforeCaret = 80;      // characters kept of a longer line

// What an included file that can't be read may have brought.
constexpr auto kMissing = std::to_array<std::string_view>(
    {"no-stages", "no-such-stage", "missing-type", "missing-parameter", "nobody-feeds-it",
     "never-raised", "unknown-type"});

std::string_view characters(std::string_view text, std::size_t from, std::size_t count) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < from && begin < text.size(); ++i)
    begin += utf8::at(text, begin).bytes;
  std::size_t end = begin;
  for (std::size_t i = 0; i < count && end < text.size(); ++i) end += utf8::at(text, end).bytes;
  return text.substr(begin, end - begin);
}

// The problem's source line, cut around its column if it is long, and the caret in it.
void quote(Problem& problem, std::string_view line) {
  const auto length = utf8::length(line);
  problem.column = std::clamp(problem.column, 1, static_cast<int>(length) + 1);
  if (length <= kLongestLine) {
    problem.source_line = line;
    problem.caret = problem.column;
    return;
  }
  const auto column = static_cast<std::size_t>(problem.column);
  const auto from = column > kBeforeCaret ? column - kBeforeCaret : 0;
  const bool to_end = length - from <= kLongestLine;
  problem.source_line = fmt::format("{}{}{}", from > 0 ? "..." : "",
                                    characters(line, from, kLongestLine), to_end ? "" : "...");
  problem.caret = static_cast<int>(column - from + (from > 0 ? 3 : 0));
}

}  // namespace

void Problems::mute_what_is_missing() {
  muted_.insert(kMissing.begin(), kMissing.end());
  part_is_missing_ = true;
}

void Problems::add(const Origin& at, ProblemCode code, std::string message, std::string hint) {
  if (muted_.count(code.name()) != 0) return;
  if (found_.size() >= kMost) {
    more_ = true;
    return;
  }
  if (!seen_.emplace(at.source, at.line, at.column, message).second) return;
  Problem problem;
  problem.file = sources_.name(at.source);
  problem.line = at.line;
  problem.column = at.column;
  problem.code = code.name();
  problem.message = utf8::shortened(std::move(message), kLongestMessage);
  problem.hint = utf8::shortened(std::move(hint), kLongestMessage);
  if (at.line > 0 && sources_.shows_lines(at.source)) quote(problem, sources_.line(at));
  found_.push_back({at, std::move(problem)});
}

std::string Problems::near(std::string_view name, const std::vector<std::string>& names,
                           std::string otherwise) const {
  if (found_.size() >= kMost) return {};
  const auto meant = nearest(name, names);
  return meant.empty() ? otherwise : fmt::format("did you mean '{}'?", meant);
}

std::vector<Problem> Problems::finish() && {
  std::stable_sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
    return std::tie(a.at.source, a.at.line, a.at.column) <
           std::tie(b.at.source, b.at.line, b.at.column);
  });
  std::vector<Problem> problems;
  for (auto& found : found_) problems.push_back(std::move(found.problem));
  if (more_) {
    const ProblemCode code = "too-many-problems";
    problems.push_back({sources_.name(0),
                        0,
                        0,
                        std::string(code.name()),
                        fmt::format("there are more than {} problems", kMost),
                        "is this a graph file? If so, begin with the first ones",
                        {},
                        0});
  }
  return problems;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : i + 1 == names.size() ? " and " : ", ", names[i]);
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

}  // namespace sluice
