#include "graph/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sluice/observe/log.hpp>

#include "graph/figures.hpp"
#include "graph/groups.hpp"
#include "graph/joins.hpp"

namespace sluice::app {
namespace {

std::string without_quotes(const std::string& toml) { return toml.substr(1, toml.size() - 2); }

// "latest 1", "max_age 200ms"
std::vector<std::string> rules_of(const MailboxRules& rules) {
  std::vector<std::string> texts{
      fmt::format("{} {}", to_string(rules.when_full), capacity_of(rules))};
  if (rules.max_age.count() > 0)
    texts.push_back("max_age " + without_quotes(to_toml(std::int64_t{rules.max_age.count()},
                                                        ParamType::duration)));
  if (rules.max_bytes > 0)
    texts.push_back(
        "max_bytes " +
        without_quotes(to_toml(static_cast<std::int64_t>(rules.max_bytes), ParamType::size)));
  return texts;
}

// One plan, as part of a drawing.
class Part {
 public:
  Part(const DrawnPlan& drawn, std::string prefix, std::size_t number, Drawing& drawing)
      : plan_(*drawn.plan), prefix_(std::move(prefix)), drawing_(drawing) {
    for (const auto& label : drawn.labels)
      figures_[label.id] = {label.lines, std::string(to_string(label.state))};
    graph_.id = fmt::format("graph-{}", number);
    graph_.name = plan_.name;
    graph_.device = escaped(plan_.device);
    graph_.sentence = drawn.sentence;
  }

  void draw() {
    for (const auto& indices : groups_of(plan_)) {
      auto& group = graph_.groups.emplace_back();
      group.family = family_of(*plan_.stages[indices.front()].type);
      group.id = fmt::format("{}group-{}", prefix_, plan_.stages[indices.front()].name);
      for (const auto index : indices) group.stages.push_back(stage(plan_.stages[index]));
    }
    for (const auto& to : plan_.stages)
      if (!to.hears_every_stage) lines_into(to);
    drawing_.graphs.push_back(std::move(graph_));
  }

 private:
  std::string stage_id(const StagePlan& stage) const { return prefix_ + "stage-" + stage.name; }

  Drawing::Figures figures(const std::string& id) const {
    const auto found = figures_.find(id);
    return found == figures_.end() ? Drawing::Figures() : found->second;
  }

  Drawing::Stage stage(const StagePlan& plan) const {
    Drawing::Stage stage{stage_id(plan), plan.name, plan.type->name, {}, {}};
    for (const auto& address : addresses_of(plan))
      stage.notes.push_back(address.end == End::binds
                                ? "binds " + shown_address(address.text)
                                : "connects to " + shown_address(address.text));
    if (plan.workers > 1) stage.notes.push_back(fmt::format("{} workers", plan.workers));
    if (plan.hears_every_stage) stage.notes.emplace_back("hears every stage");
    if (plan.optional) stage.notes.emplace_back("optional");
    stage.figures = figures("stage-" + plan.name);
    return stage;
  }

  // Ports where they say more than "out" to "in", and what may flow.
  std::vector<std::string> texts_of(const StagePlan& to, const LinkPlan& link) const {
    std::vector<std::string> texts;
    std::string ports;
    if (link.output != kEventsOutput) {
      const auto& outputs = plan_.stages[link.from].type->outputs;
      const auto& name = outputs[link.output].name;
      if (outputs.size() > 1 || name != "out") ports = name;
    }
    const auto& inputs = to.type->inputs;
    if (const auto& name = inputs[link.input].name; name != "in")
      ports += (ports.empty() ? "to " : " to ") + name;
    if (!ports.empty()) texts.push_back(ports);
    texts.push_back(kinds_text(link.kinds));
    return texts;
  }

  std::string link_id(const StagePlan& to, const LinkPlan& link) const {
    return prefix_ + app::link_id(plan_, to, link);
  }

  void lines_into(const StagePlan& to) {
    const auto frames = std::count_if(to.links.begin(), to.links.end(), [](const LinkPlan& link) {
      return link.output != kEventsOutput;
    });
    const auto queue = prefix_ + "queue-" + to.name;
    Drawing::Line mailbox{
        prefix_ + "mailbox-" + to.name, Drawing::LineKind::mailbox, queue, stage_id(to), {},
        figures("mailbox-" + to.name)};
    for (const auto& link : to.links) {
      const auto from = stage_id(plan_.stages[link.from]);
      if (link.output == kEventsOutput) {
        drawing_.lines.push_back({link_id(to, link),
                                  Drawing::LineKind::events,
                                  from,
                                  stage_id(to),
                                  texts_of(to, link),
                                  {}});
      } else if (frames == 1) {
        mailbox.from = from;
        mailbox.texts = texts_of(to, link);
      } else {
        drawing_.lines.push_back(
            {link_id(to, link), Drawing::LineKind::link, from, queue, texts_of(to, link), {}});
      }
    }
    if (frames == 0) return;  // no rule of a mailbox is about events
    if (frames > 1) graph_.queues.push_back(queue);
    for (auto& rule : rules_of(to.mailbox)) mailbox.texts.push_back(std::move(rule));
    drawing_.lines.push_back(std::move(mailbox));
  }

  const Plan& plan_;
  const std::string prefix_;
  Drawing& drawing_;
  Drawing::Graph graph_;
  std::map<std::string, Drawing::Figures> figures_;
};

}  // namespace

std::string title_of(const Drawing::Graph& graph) {
  return graph.device == graph.name ? graph.name
                                    : fmt::format("{} on {}", graph.name, graph.device);
}

std::string kinds_text(Kinds kinds) {
  constexpr std::pair<Kinds, std::string_view> kAll[] = {
      {kinds::frames, "any frame"}, {kinds::images, "any image"}, {kinds::pictures, "any picture"}};
  for (const auto& [all, name] : kAll) {
    if ((kinds & all) != all) continue;
    std::string text(name);
    for (const auto kind : {Kind::array, Kind::jpeg, Kind::png, Kind::event})
      if (kinds.has(kind) && !all.has(kind)) text += fmt::format(", {}", to_string(kind));
    return text;
  }
  return to_string(kinds);
}

std::string link_id(const Plan& plan, const StagePlan& to, const LinkPlan& link) {
  const auto& from = plan.stages[link.from];
  auto id = fmt::format(
      "link-{}.{}-{}", from.name,
      link.output == kEventsOutput ? "events" : from.type->outputs[link.output].name, to.name);
  const auto same = std::count_if(to.links.begin(), to.links.end(), [&](const LinkPlan& l) {
    return l.from == link.from && l.output == link.output;
  });
  return same > 1 ? id + "." + to.type->inputs[link.input].name : id;
}

Drawing draw(const std::vector<DrawnPlan>& plans) {
  Drawing drawing;
  std::vector<JoinEnd> ends;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const auto prefix = plans.size() > 1 ? fmt::format("g{}-", i + 1) : "";
    Part(plans[i], prefix, i + 1, drawing).draw();
    for (const auto& stage : plans[i].plan->stages)
      ends.push_back({&stage, prefix + "stage-" + stage.name});
  }
  for (auto& line : joins_of(ends)) drawing.lines.push_back(std::move(line));
  return drawing;
}

}  // namespace sluice::app
