#include "graph/joins.hpp"

#include <fmt/format.h>

#include <sluice/observe/log.hpp>

#include "graph/meeting.hpp"

namespace sluice::app {
namespace {

// What may come to this stage as frames: what it sends on.
Kinds kinds_into(const StagePlan& stage) {
  Kinds kinds;
  for (const auto& link : stage.links)
    if (link.output != kEventsOutput) kinds = kinds | link.kinds;
  return kinds;
}

// The first address by which they may meet; empty: none.
std::string meeting_place(const std::vector<Address>& a, const std::vector<Address>& b) {
  for (const auto& one : a)
    for (const auto& other : b) {
      if (one.end == other.end) continue;
      const auto& connects = one.end == End::connects ? one : other;
      const auto& binds = one.end == End::connects ? other : one;
      if (may_meet(connects.text, binds.text)) return connects.text;
    }
  return {};
}

}  // namespace

std::vector<Address> addresses_of(const StagePlan& stage) {
  std::vector<Address> addresses;
  const auto add = [&](End end, const std::string& text) {
    if (!text.empty()) addresses.push_back({end, text});
  };
  for (const auto& [parameter, value] : stage.parameters) {
    if (parameter->end == End::none) continue;
    if (const auto* text = std::get_if<std::string>(&value)) add(parameter->end, *text);
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
      for (const auto& text : *texts) add(parameter->end, text);
  }
  return addresses;
}

std::string shown_address(const std::string& address) {
  constexpr std::size_t kLongest = 44;
  auto text = escaped(address);
  if (text.size() <= kLongest) return text;
  return escaped(text.substr(0, kLongest / 2)) + "..." +
         escaped(text.substr(text.size() - kLongest / 2));
}

std::vector<Drawing::Line> joins_of(const std::vector<JoinEnd>& ends) {
  std::vector<Drawing::Line> lines;
  for (const auto& from : ends) {
    if (from.stage->type->is_source()) continue;
    const auto addresses = addresses_of(*from.stage);
    if (addresses.empty()) continue;
    for (const auto& to : ends) {
      if (!to.stage->type->is_source()) continue;
      const auto place = meeting_place(addresses, addresses_of(*to.stage));
      if (place.empty()) continue;
      std::vector<std::string> texts{shown_address(place)};
      if (const auto kinds = kinds_into(*from.stage); !kinds.empty())
        texts.push_back(kinds_text(kinds));
      lines.push_back({fmt::format("join-{}", lines.size() + 1),
                       Drawing::LineKind::join,
                       from.id,
                       to.id,
                       std::move(texts),
                       {}});
    }
  }
  return lines;
}

}  // namespace sluice::app
