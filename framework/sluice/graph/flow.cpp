#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sluice/graph/links.hpp>
#include <string>
#include <variant>

namespace sluice {
namespace {

bool events_only(const Port& port) { return port.kinds == Kinds(Kind::event); }

bool takes_frames(const StageType& type) {
  return std::any_of(type.inputs.begin(), type.inputs.end(),
                     [](const Port& port) { return !events_only(port); });
}

// What each output of each node gives; nothing where that can't be told because of an earlier
// problem.
class Flows {
 public:
  Flows(Nodes& nodes, Problems& problems)
      : nodes_(nodes), problems_(problems), given_(nodes.size()) {}

  void settle(std::size_t index) {
    auto& node = nodes_[index];
    if (!node.type()) return;
    Kinds frames;  // that come in
    bool known = !node.doubtful;
    for (auto& link : node.links) {
      const auto flow = settle(node, link);
      link.kinds = flow.value_or(Kinds());
      if (!flow)
        known = false;
      else if (!flow->has(Kind::event))
        frames = frames | *flow;
    }
    for (const auto& output : node.type()->outputs)
      given_[index].push_back(given(node, output, known ? frames : Kinds()));
  }

 private:
  // Decides the link's output and input. What comes in by it, or nothing.
  std::optional<Kinds> settle(const Node& node, Link& link) {
    const auto* giver = nodes_[link.from].type();
    if (!giver) return std::nullopt;
    if (!link.output && means_events(node, link, *giver)) link.output = kEventsOutput;
    if (!link.output && giver->outputs.empty()) {
      problems_.add(
          link.origin, "no-such-output",
          fmt::format("'{}' ({}) gives no frames", nodes_[link.from].plan.name, giver->name),
          fmt::format("\"{}.events\" means its events", nodes_[link.from].plan.name));
      return std::nullopt;
    }
    link.output = link.output.value_or(0);
    const auto flow = *link.output == kEventsOutput ? std::optional<Kinds>(Kind::event)
                                                    : given_[link.from][*link.output];
    if (!flow) return std::nullopt;

    const auto& inputs = node.type()->inputs;
    Kinds wanted;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (link.input && *link.input != i) continue;
      wanted = wanted | inputs[i].kinds;
      if ((inputs[i].kinds & *flow).empty()) continue;
      link.input = i;
      return inputs[i].kinds & *flow;
    }
    mismatch(node, link, *flow, wanted);
    return std::nullopt;
  }

  // Does "motion" alone mean the events of that stage, and not its frames?
  static bool means_events(const Node& node, const Link& link, const StageType& giver) {
    const auto& inputs = node.type()->inputs;
    if (link.input) return events_only(inputs[*link.input]);
    if (!takes_frames(*node.type())) return true;
    const bool hears = std::any_of(inputs.begin(), inputs.end(), events_only);
    return hears && giver.outputs.empty();
  }

  void mismatch(const Node& node, const Link& link, Kinds flow, Kinds wanted) {
    const auto& giver = nodes_[link.from];
    std::string hint;
    // Does another of its outputs fit?
    for (std::size_t i = 0; i < giver.type()->outputs.size(); ++i) {
      const auto& other = given_[link.from][i];
      if (i != *link.output && hint.empty() && other && !(*other & wanted).empty())
        hint = fmt::format("\"{}.{}\" gives {}", giver.plan.name, giver.type()->outputs[i].name,
                           to_string(*other));
    }
    if (hint.empty()) hint = converter_hint(flow, wanted);
    const auto taker = link.input && node.type()->inputs.size() > 1
                           ? fmt::format("input '{}' of '{}'",
                                         node.type()->inputs[*link.input].name, node.plan.name)
                           : fmt::format("'{}' ({})", node.plan.name, node.type()->name);
    problems_.add(link.origin, "kinds-mismatch",
                  fmt::format("'{}' gives {}, but {} takes {}", link.text, to_string(flow), taker,
                              to_string(wanted)),
                  hint);
  }

  // `frames`: what comes in; empty where that isn't known.
  static std::optional<Kinds> given(const Node& node, const Port& output, Kinds frames) {
    const auto made = made_by(node, output, frames);
    if (!made || output.passed.empty()) return made;
    if (frames.empty()) return std::nullopt;
    const auto passed = frames & output.passed;
    return passed == frames ? passed : *made | passed;
  }

  // Of what isn't passed on as it came.
  static std::optional<Kinds> made_by(const Node& node, const Port& output, Kinds frames) {
    for (const auto& [parameter, value] : node.plan.parameters) {
      if (parameter->name != output.kind_parameter) continue;
      const auto* text = std::get_if<std::string>(&value);
      const auto kind = text ? kind_from_string(*text) : std::nullopt;
      if (kind && output.kinds.has(*kind)) return Kinds(*kind);
      // Not a kind's name, such as "auto": it may be any; or "same".
      if (!output.same_as_input) return output.kinds;
    }
    if (output.same_as_input) return frames.empty() ? std::nullopt : std::optional(frames);
    if (output.kind_parameter.empty()) return output.kinds;
    return std::nullopt;
  }

  Nodes& nodes_;
  Problems& problems_;
  std::vector<std::vector<std::optional<Kinds>>> given_;
};

// How the type's output is made to give what is wanted, and nothing else: " with to = \"gray8\"",
// "" where it does so by itself, nothing where it can't.
std::optional<std::string> setting_for(const StageType& type, const Port& output, Kinds wanted) {
  if (output.kind_parameter.empty()) {
    const bool fits = !output.kinds.empty() && (output.kinds & wanted) == output.kinds;
    return fits ? std::optional(std::string()) : std::nullopt;
  }
  const auto& parameter = *type.parameter(output.kind_parameter);
  const auto fits = [&](const std::string& choice) {
    const auto kind = kind_from_string(choice);
    return kind && wanted.has(*kind) && output.kinds.has(*kind);
  };
  const auto* fallback = std::get_if<std::string>(&parameter.fallback);
  if (!parameter.required && fallback && fits(*fallback)) return "";
  const auto choice = std::find_if(parameter.choices.begin(), parameter.choices.end(), fits);
  if (choice == parameter.choices.end()) return std::nullopt;
  return fmt::format(" with {} = \"{}\"", parameter.name, *choice);
}

}  // namespace

void check_flows(Nodes& nodes, const std::vector<std::size_t>& order, Problems& problems) {
  Flows flows(nodes, problems);
  for (const auto index : order) flows.settle(index);
}

std::string converter_hint(Kinds given, Kinds wanted) {
  const StageType* best = nullptr;
  std::string how;
  std::size_t least = 0;
  for (const auto* type : StageTypes::all().sorted()) {
    if (type->inputs.empty() || type->outputs.empty()) continue;
    const auto& out = type->outputs.front();
    if ((type->inputs.front().kinds & given) != given || out.same_as_input) continue;
    const auto with = setting_for(*type, out, wanted);
    const auto passed = given & out.passed;
    if (!with || (passed & wanted) != passed) continue;
    // Of several, the one that does the least besides.
    const auto cost =
        type->inputs.size() + type->outputs.size() + type->events.size() +
        static_cast<std::size_t>(std::count_if(type->parameters.begin(), type->parameters.end(),
                                               [](const Parameter& p) { return p.required; }));
    if (!best || cost < least) best = type, how = *with, least = cost;
  }
  return best ? fmt::format("put a stage of type \"{}\"{} between them", best->name, how) : "";
}

}  // namespace sluice
