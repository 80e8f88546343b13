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

  explicit Problems(const Sources& sources) : sources_(sources) {}

  // Ignored where the same was said of the same place.
  void add(const Origin& at, ProblemCode code, std::string message, std::string hint = {});

  // Codes to pass over from now on: a part of the graph could not be read, so what seems to be
  // missing may be there.
  void mute_what_is_missing() { muted_ = true; }
  bool part_is_missing() const { return muted_; }

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

  const Sources& sources_;
  std::vector<Found> found_;
  std::set<std::tuple<int, int, int, std::string>> seen_;
  bool muted_ = false;
  bool more_ = false;
};

// "'a', 'b' and 'c'", of at most eight names.
std::string listed(const std::vector<std::string>& names);

}  // namespace sluice
