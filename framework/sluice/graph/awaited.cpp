#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sluice/graph/links.hpp>
#include <sluice/graph/own_check.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice {
namespace {

// What the framework itself raises of any stage: stage.failed and others.
constexpr std::string_view kOfAnyStage = "stage.";

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
    raised.known = raised.known && !giver->events.empty();
    raised.events.insert(raised.events.end(), giver->events.begin(), giver->events.end());
  }
  return raised;
}

}  // namespace

void check_awaited(const Nodes& nodes, Problems& problems) {
  for (const auto& node : nodes) {
    if (node.doubtful) continue;
    std::vector<std::string_view> unlinked;  // inputs that were told of
    for (const auto& [parameter, value] : node.plan.parameters) {
      const auto& input = parameter->awaited_at;
      const auto* event = std::get_if<std::string>(&value);
      if (input.empty() || !event || event->empty()) continue;
      const auto raised = raised_at(nodes, node, input);
      std::string wrong, hint;
      if (!raised.linked) {
        if (std::ranges::find(unlinked, input) != unlinked.end()) continue;
        unlinked.push_back(input);
        wrong = fmt::format("but nothing is linked to its input '{}'", input);
        hint = fmt::format(
            "as in from = {{ {} = \"camera\", {} = \"motion\" }}; {} = \"\" waits for none",
            node.type()->inputs.front().name, input, parameter->name);
      } else if (raised.known && !event->starts_with(kOfAnyStage) &&
                 std::ranges::find(raised.events, *event) == raised.events.end()) {
        wrong = fmt::format("which nothing raises that is linked to its input '{}'", input);
        hint = fmt::format("there is {}", fmt::join(raised.events, ", "));
      } else {
        continue;
      }
      problems.add(place_of(*node.entry, parameter->name), "never-raised",
                   fmt::format("'{}' ({}) waits for the event '{}', {}", node.plan.name,
                               node.type()->name, *event, wrong),
                   hint);
    }
  }
}

}  // namespace sluice
