#include "dashboard/figures.hpp"

#include <algorithm>

namespace sluice::app {

Figures::Figures(const Engine& engine, const Clock& clock)
    : engine_(engine),
      clock_(clock),
      taken_(clock.steady()),
      all_(engine.report()),
      recent_(since(all_, all_)) {}

bool Figures::refresh() {
  const auto now = clock_.steady();
  if (now - taken_ < kFresh) return false;
  past_.push_back({taken_, std::move(all_)});
  while (past_.size() > 1 && now - past_[1].taken >= kRecent) past_.pop_front();
  taken_ = now;
  all_ = engine_.report();
  recent_ = since(all_, past_.front().report);
  return true;
}

std::map<std::string, LastSeen> Figures::last_seen() const {
  std::map<std::string, LastSeen> seen;
  for (std::size_t i = 0; i < all_.stages.size(); ++i)
    for (const auto& [name, source] : all_.stages[i].sources) {
      if (source.in == 0) continue;
      const auto before = seen.find(name);
      const Duration quiet =
          before == seen.end() ? source.quiet : std::min(source.quiet, before->second.quiet);
      LastSeen& last = seen[name] = {i, source, recent_.stages[i].sources.at(name), quiet};
      if (recent_.wall_s > 0) last.fps = static_cast<double>(last.recent.in) / recent_.wall_s;
    }
  return seen;
}

}  // namespace sluice::app
