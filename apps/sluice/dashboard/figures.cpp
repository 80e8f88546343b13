#include "dashboard/figures.hpp"

namespace sluice::app {

Figures::Figures(const Engine& engine, const Clock& clock)
    : engine_(engine),
      clock_(clock),
      taken_(clock.steady()),
      all_(engine.report()),
      recent_(since(all_, all_)) {}

bool Figures::refresh() {
  const auto now = clock_.steady();
  if (now - taken_ < kRecent) return false;
  taken_ = now;
  Report before = std::move(all_);
  all_ = engine_.report();
  recent_ = since(all_, before);
  return true;
}

std::map<std::string, LastSeen> Figures::last_seen() const {
  std::map<std::string, LastSeen> seen;
  for (std::size_t i = 0; i < all_.stages.size(); ++i)
    for (const auto& [name, source] : all_.stages[i].sources) {
      if (source.in == 0) continue;
      LastSeen& last = seen[name] = {i, source, recent_.stages[i].sources.at(name)};
      if (recent_.wall_s > 0) last.fps = static_cast<double>(last.recent.in) / recent_.wall_s;
    }
  return seen;
}

}  // namespace sluice::app
