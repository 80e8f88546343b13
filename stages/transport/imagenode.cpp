#include "transport/imagenode.hpp"

#include <vector>

#include "transport/wire.hpp"

namespace sluice {
namespace {

std::vector<std::string> fields_of(std::string_view text) {
  constexpr std::size_t kMostFields = 16;
  constexpr std::size_t kLongestField = 200;
  std::vector<std::string> fields;
  while (fields.size() < kMostFields) {
    const auto bar = text.find('|');
    fields.emplace_back(text.substr(0, bar).substr(0, kLongestField));
    if (bar == std::string_view::npos) break;
    text.remove_prefix(bar + 1);
  }
  return fields;
}

}  // namespace

std::optional<Event> imagenode_event(std::string_view text) {
  const auto fields = fields_of(text);
  if (fields.size() < 2) return std::nullopt;
  const auto& what = fields[1];
  if (what == "jpg" || what == "image") return std::nullopt;
  Event event{"node.reading", wire::source_of(text)};
  const auto detail = [&](const char* name, std::size_t field) {
    if (field < fields.size() && !fields[field].empty())
      event.details.emplace_back(name, fields[field]);
  };
  if (what == "Heartbeat") {
    event.name = "node.heartbeat";
  } else if (what == "Restart") {
    event.name = "node.restart";
    detail("host", 2);
    detail("system", 3);
    detail("address", 4);
    detail("ram", 5);
    detail("hours_since_boot", 6);
  } else if (what == "motion" && fields.size() > 2 &&
             (fields[2] == "moving" || fields[2] == "still")) {
    event.name = fields[2] == "moving" ? "motion.began" : "motion.ended";
    detail("roi", 3);
  } else if (fields.size() > 2) {
    detail("what", 1);
    detail("value", 2);
    detail("roi", 3);
  } else {
    return std::nullopt;  // one field more, whatever it says: a picture with a longer name
  }
  return event;
}

}  // namespace sluice
