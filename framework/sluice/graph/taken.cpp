#include <fmt/format.h>

#include <algorithm>
#include <sluice/graph/links.hpp>

namespace sluice {
namespace {

// Events are what many a stage is there for; a source's only tell how it fares.
bool counts(const Link& link, const StageType& giver) {
  return link.output != kEventsOutput || (!giver.events.empty() && !giver.is_source());
}

}  // namespace

void check_taken(const Nodes& nodes, Problems& warnings) {
  std::vector<bool> taken(nodes.size(), false);
  for (const auto& node : nodes)
    for (const auto& link : node.links)
      if (counts(link, *nodes[link.from].type())) taken[link.from] = true;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    if (taken[i] || node.type()->outputs.empty()) continue;
    warnings.add(
        node.origin, "goes-nowhere",
        fmt::format("nobody takes what '{}' ({}) gives", node.plan.name, node.type()->name),
        fmt::format("a stage takes it by from = \"{}\"; or leave '{}' out", node.plan.name,
                    node.plan.name));
  }
}

}  // namespace sluice
