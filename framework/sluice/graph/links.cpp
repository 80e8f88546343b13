#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sluice/graph/links.hpp>

namespace sluice {
namespace {

constexpr std::string_view kEvents = "events";

std::vector<std::string> names_of(const std::vector<Port>& ports) {
  std::vector<std::string> names;
  for (const auto& port : ports) names.push_back(port.name);
  return names;
}

class Resolver {
 public:
  Resolver(Nodes& nodes, Problems& problems) : nodes_(nodes), problems_(problems) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      index_.emplace(nodes[i].plan.name, i);
      names_.push_back(nodes[i].plan.name);
    }
  }

  void resolve(Node& node) {
    // Of a stage of unknown type nothing is said; of a source, it was said already.
    if (!node.type() || node.type()->is_source()) return;
    if (!node.from) {
      if (!node.type()->hears_all) nobody_feeds(node, node.origin);
      return;
    }
    const Value& from = node.from->value;
    if (const auto* table = from.as<Table>()) {
      for (const auto& entry : table->entries()) named(node, entry);
    } else {
      each(node, from, std::nullopt);
    }
    if (node.links.empty() && !node.doubtful) nobody_feeds(node, node.from->origin);
  }

 private:
  void nobody_feeds(Node& node, const Origin& at) {
    node.doubtful = true;
    std::vector<std::string> others;
    for (const auto& other : nodes_)
      if (&other != &node && other.type() && !other.type()->outputs.empty())
        others.push_back(other.plan.name);
    problems_.add(at, "nobody-feeds-it",
                  fmt::format("nobody feeds '{}' ({})", node.plan.name, node.type()->name),
                  others.empty()
                      ? "add from = \"STAGE\""
                      : fmt::format("add from = \"STAGE\"; there are {}", listed(others)));
  }

  void named(Node& node, const Entry& entry) {
    const auto* port = node.type()->input(entry.key);
    if (!port) {
      const auto names = names_of(node.type()->inputs);
      problems_.add(
          entry.origin, "no-such-input",
          fmt::format("'{}' ({}) has no input '{}'", node.plan.name, node.type()->name, entry.key),
          problems_.near(entry.key, names, fmt::format("it has {}", listed(names))));
      node.doubtful = true;
      return;
    }
    each(node, entry.value, static_cast<std::size_t>(port - node.type()->inputs.data()));
  }

  void each(Node& node, const Value& value, std::optional<std::size_t> input) {
    if (const auto* list = value.as<Value::List>())
      for (const auto& item : *list) one(node, item, input);
    else
      one(node, value, input);
  }

  void one(Node& node, const Value& value, std::optional<std::size_t> input) {
    const auto text = text_of(value);
    if (!text) {
      node.doubtful = true;
      if (!value.broken())
        problems_.add(value.origin, "wrong-type",
                      fmt::format("'from' takes stages, not {}", shown(value)),
                      "as in from = \"camera\", [\"left\", \"right\"] or { in = \"camera\" }");
      return;
    }
    const auto dot = text->find('.');
    const auto name = text->substr(0, dot);
    const auto found = index_.find(name);
    if (found == index_.end()) {
      problems_.add(value.origin, "no-such-stage", fmt::format("there is no stage '{}'", name),
                    problems_.near(name, names_, fmt::format("there are {}", listed(names_))));
      node.doubtful = true;
      return;
    }
    Link link{found->second, std::nullopt, input, {}, value.origin, *text};
    const auto* type = nodes_[found->second].type();
    if (type && dot != std::string::npos) {
      link.output = output(node, *type, *text, dot, value.origin);
      if (!link.output) return;
    }
    // The same twice would double every frame.
    const auto same = [&](const Link& l) {
      return l.from == link.from && l.input == link.input &&
             l.output.value_or(0) == link.output.value_or(0);
    };
    if (std::any_of(node.links.begin(), node.links.end(), same)) {
      problems_.add(value.origin, "duplicate-link",
                    fmt::format("'{}' feeds '{}' already", *text, node.plan.name), "say it once");
      node.doubtful = true;
      return;
    }
    node.links.push_back(std::move(link));
  }

  std::optional<std::size_t> output(Node& node, const StageType& type, const std::string& text,
                                    std::size_t dot, const Origin& at) {
    const auto port = text.substr(dot + 1);
    if (const auto* p = type.output(port)) return static_cast<std::size_t>(p - type.outputs.data());
    if (port == kEvents) return kEventsOutput;
    auto names = names_of(type.outputs);
    names.emplace_back(kEvents);
    problems_.add(at, "no-such-output",
                  fmt::format("'{}' ({}) has no output '{}'", text.substr(0, dot), type.name, port),
                  problems_.near(port, names, fmt::format("it has {}", listed(names))));
    node.doubtful = true;
    return std::nullopt;
  }

  Nodes& nodes_;
  Problems& problems_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<std::string> names_;
};

}  // namespace

void resolve_links(Nodes& nodes, Problems& problems) {
  Resolver resolver(nodes, problems);
  for (auto& node : nodes) resolver.resolve(node);
}

}  // namespace sluice
