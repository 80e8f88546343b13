// A running graph's figures: since it began, and of late.
#pragma once

#include <deque>
#include <map>
#include <sluice/runtime/engine.hpp>
#include <string>

namespace sluice::app {

// A source as the last stage sees it that it has reached: what is nearest to the user.
struct LastSeen {
  std::size_t stage;  // index into the plan
  SourceReport all, recent;
  Duration quiet;  // since its last frame came to any stage
  double fps = 0;  // recent frames
};

// Used by one thread.
class Figures {
 public:
  // Figures are not taken anew before this has passed.
  static constexpr Duration kFresh = std::chrono::seconds(1);
  // Of late: since this long ago, or since the figures were asked for before that.
  static constexpr Duration kRecent = std::chrono::seconds(5);

  // `engine` outlives it.
  Figures(const Engine& engine, const Clock& clock);

  // Takes the figures anew where they are older than kFresh; were they?
  bool refresh();

  const Report& all() const { return all_; }
  const Report& recent() const { return recent_; }
  // By source.
  std::map<std::string, LastSeen> last_seen() const;

 private:
  const Engine& engine_;
  const Clock& clock_;
  struct Past {
    SteadyTime taken;
    Report report;
  };
  SteadyTime taken_;
  Report all_, recent_;
  std::deque<Past> past_;  // those of the last kRecent, and the one before
};

}  // namespace sluice::app
