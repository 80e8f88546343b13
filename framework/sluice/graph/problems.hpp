// Collects the problems of one graph.
#pragma once

#include <set>
#include <sluice/graph/problem.hpp>
#include <sluice/graph/source.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace sluice {

class Problems {
 public:
  // Nobody reads more, and noise makes as many as it has lines.
  static constexpr std::size_t kMost = 100;

  explicit Problems(const FileTexts& sources) : sources_(sources) {}

  // Ignored where the same was said of the same place.
  void add(const Origin& at, ProblemCode code, std::string message, std::string hint = {});

  // A part of the graph could not be read, so what seems to be missing from now on may be there: it
  // is passed over.
  void mute_what_is_missing();
  bool part_is_missing() const { return part_is_missing_; }

  // Passes over problems of this code from now on: they may follow from one that is known.
  void mute(ProblemCode code) { muted_.insert(code.name()); }

  // "did you mean 'jpeg'?", if one of the names is near; else "", or what `otherwise` says.
  std::string near(std::string_view name, const std::vector<std::string>& names,
                   std::string otherwise = {}) const;

  bool empty() const { return found_.empty(); }

  // By source, line and column.
  std::vector<Problem> finish() &&;

 private:
  struct Found {
    Origin at;
    Problem problem;
  };

  const FileTexts& sources_;
  std::vector<Found> found_;
  std::set<std::tuple<int, int, int, std::string>> seen_;
  std::set<std::string_view> muted_;
  bool part_is_missing_ = false;
  bool more_ = false;
};

// "'a', 'b' and 'c'", of at most eight names.
std::string listed(const std::vector<std::string>& names);

}  // namespace sluice
