#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <sluice/graph/links.hpp>
#include <sluice/graph/own_check.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice {
namespace {

// What can come in, and whether that is known of all that feed the input: a type that names no
// events may yet raise some.
struct Raised {
  bool linked = false;
  bool known = true;
  std::vector<std::string> events;
};

Raised raised_at(const Nodes& nodes, const Node& node, std::string_view input) {
  Raised raised;
  for (const auto& link : node.links) {
    const auto* giver = nodes[link.from].type();
    if (!giver || !link.input) return {true, false, {}};  // said already
    if (node.type()->inputs[*link.input].name != input) continue;
    raised.linked = true;
    raised.known = raised.known && !giver->events.empty() && !giver->raises_any;
    raised.events.insert(raised.events.end(), giver->events.begin(), giver->events.end());
  }
  return raised;
}

// open = "" and close = ""
std::string for_none(const Node& node, std::string_view input) {
  std::vector<std::string> settings;
  for (const auto& [parameter, value] : node.plan.parameters)
    if (parameter->awaited_at == input) settings.push_back(parameter->name + " = \"\"");
  return fmt::format("{}", fmt::join(settings, " and "));
}

// `unlinked`: inputs of which it was said already that nothing is linked to them.
void check(const Node& node, const Parameter& parameter, const std::string& event,
           const Nodes& nodes, std::set<std::string>& unlinked, Problems& problems) {
  const auto& input = parameter.awaited_at;
  const auto raised = raised_at(nodes, node, input);
  if (!raised.linked && !unlinked.insert(input).second) return;
  const auto awaits =
      fmt::format("'{}' ({}) waits for the event '{}'", node.plan.name, node.type()->name, event);
  if (!raised.linked)
    problems.add(
        place_of(*node.entry, parameter.name), "never-raised",
        fmt::format("{}, but nothing is linked to its input '{}'", awaits, input),
        fmt::format("as in from = {{ {} = \"camera\", {} = \"motion\" }}; {} waits for none",
                    node.type()->inputs.front().name, input, for_none(node, input)));
  else if (raised.known && std::ranges::find(raised.events, event) == raised.events.end())
    problems.add(place_of(*node.entry, parameter.name), "never-raised",
                 fmt::format("{}, but no stage linked to its input '{}' raises it", awaits, input),
                 fmt::format("there is {}; {} = \"\" waits for none",
                             fmt::join(raised.events, ", "), parameter.name));
}

}  // namespace

void check_awaited(const Nodes& nodes, Problems& problems) {
  for (const auto& node : nodes) {
    if (node.doubtful) continue;
    std::set<std::string> unlinked;
    for (const auto& [parameter, value] : node.plan.parameters) {
      const auto* event = std::get_if<std::string>(&value);
      if (!parameter->awaited_at.empty() && event && !event->empty())
        check(node, *parameter, *event, nodes, unlinked, problems);
    }
  }
}

}  // namespace sluice
