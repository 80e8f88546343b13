#include <algorithm>
#include <display/web_server.hpp>
#include <nlohmann/json.hpp>

namespace sluice::display {

std::string WebServer::sources_json(const char* viewer) {
  WallPtr shown = wall();
  std::vector<SourceState> states;
  if (shown) {
    for (const auto& s : shown->board()->list())
      states.push_back({s.name, s.silent, s.quiet,
                        s.frame && s.frame->captured_known
                            ? std::optional(clock_.utc() - s.frame->captured)
                            : std::nullopt,
                        s.fps, s.frame ? std::string(to_string(s.frame->kind())) : ""});
  } else {
    const std::lock_guard lock(part_mutex_);
    if (part_) states = part_->sources();
  }
  nlohmann::ordered_json list;
  {
    const std::lock_guard lock(mutex_);
    const auto mine = std::find_if(viewers_.begin(), viewers_.end(), [&](const auto* v) {
      return viewer && v->is_stream && v->name == viewer;
    });
    list["viewers"] = streams_;
    list["max_viewers"] = settings_.max_viewers;
    list["watching"] = mine != viewers_.end();
    if (!shown && mine != viewers_.end()) shown = (*mine)->wall;
  }
  list["tiles"] = nlohmann::ordered_json::array();
  if (shown)
    for (const auto& s : shown->board()->list()) list["tiles"].push_back(s.name);
  const Grid grid =
      grid_for(list["tiles"].size(), {.columns = shown ? shown->montage().columns : 0});
  list["columns"] = grid.columns;
  list["rows"] = grid.rows;
  list["sources"] = nlohmann::ordered_json::array();
  for (const auto& s : states) {
    nlohmann::ordered_json one{
        {"name", s.name}, {"silent", s.silent}, {"quiet_s", seconds(s.quiet)}, {"fps", s.fps}};
    if (s.age) one["age_s"] = seconds(*s.age);
    if (!s.format.empty()) one["format"] = s.format;
    list["sources"].push_back(std::move(one));
  }
  return list.dump();
}

}  // namespace sluice::display
