#include <fmt/format.h>

#include <sluice/graph/check.hpp>
#include <sluice/graph/dashboard.hpp>
#include <sluice/graph/links.hpp>
#include <sluice/graph/own_check.hpp>
#include <sluice/graph/stage_settings.hpp>

namespace sluice {
namespace {

class GraphCheck {
 public:
  GraphCheck(const Table& graph, Problems& problems, Problems& warnings)
      : graph_(graph), problems_(problems), warnings_(warnings) {}

  std::optional<Plan> run(const std::string& fallback_name, const std::string& device) {
    Plan plan;
    plan.device = device;
    plan.name = name(fallback_name);
    check_keys(plan);
    if (!read_stages()) return std::nullopt;
    resolve_links(nodes_, problems_);
    auto order = sort_nodes(nodes_, problems_);
    if (order.size() == nodes_.size()) {
      link_hearers(nodes_);
      for (auto& node : nodes_)
        if (node.type() && node.type()->hears_all && !node.from && node.links.empty())
          problems_.add(node.origin, "nobody-feeds-it",
                        fmt::format("nobody feeds '{}' ({})", node.plan.name, node.type()->name),
                        "there is no other stage whose events it could take");
      order = sort_nodes(nodes_, problems_);
    }
    check_flows(nodes_, order, problems_);
    check_awaited(nodes_, problems_);
    if (!problems_.empty()) return std::nullopt;
    check_taken(nodes_, warnings_);
    fill(plan, order);
    return plan;
  }

 private:
  std::string name(const std::string& fallback) {
    const auto* entry = graph_.find("name");
    if (!entry || entry->value.broken()) return fallback;
    const auto text = text_of(entry->value);
    if (!text)
      problems_.add(entry->value.origin, "wrong-type",
                    fmt::format("'name' takes a text in quotes, not {}", shown(entry->value)));
    else if (!is_identifier(*text))
      bad_name(entry->value.origin, "graph", *text);
    return text.value_or(fallback);
  }

  void bad_name(const Origin& at, std::string_view what, const std::string& text) {
    problems_.add(at, "bad-name", fmt::format("'{}' can't be a {}'s name", text, what),
                  "names have 1 to 64 letters, digits, '_' and '-'");
  }

  void check_keys(Plan& plan) {
    Table known;  // but for tables of stages that miss their "stage."
    for (const auto& entry : graph_.entries()) {
      const auto* table = entry.value.as<Table>();
      if (table && table->find("type") && entry.key != "stage" && entry.key != "mailbox" &&
          entry.key != "dashboard")
        problems_.add(entry.origin, "unknown-key",
                      fmt::format("the graph has no key '{}'", entry.key),
                      fmt::format("a stage is written [stage.{}]", entry.key));
      else
        known.add(entry);
    }
    const auto settings = SettingsReader(problems_, "the graph")
                              .read(known, {&graph_parameters()},
                                    {"name", "include", "mailbox", "stage", "device", "dashboard"});
    if (const auto* drain = settings.get<std::int64_t>("drain")) plan.drain = Duration(*drain);
    if (const auto* memory = settings.get<std::int64_t>("memory"))
      plan.memory = static_cast<std::size_t>(*memory);
    if (const auto* dashboard = graph_.find("dashboard"))
      plan.dashboard = read_dashboard(*dashboard, problems_);
    if (const auto* mailbox = graph_.find("mailbox"))
      mailbox_ = read_mailbox(*mailbox, "the mailbox of all stages", problems_);
  }

  // False if there is nothing to check further.
  bool read_stages() {
    const Origin file{0, 0, 0};
    const auto* entry = graph_.find("stage");
    const auto* stages = entry ? expect_table(*entry, "[stage.camera]", problems_) : nullptr;
    if (entry && !stages) return false;
    if (!stages || stages->entries().empty()) {
      problems_.add(file, "no-stages", "the graph has no stages",
                    "a stage is written [stage.NAME], with a type");
      return false;
    }
    if (stages->entries().size() > kMostStages) {
      problems_.add(file, "too-many-stages",
                    fmt::format("the graph has {} stages; at most {} are allowed",
                                stages->entries().size(), kMostStages));
      return false;
    }
    nodes_.resize(stages->entries().size());
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      read_stage_entry(stages->entries()[i], nodes_[i]);
    return true;
  }

  void read_stage_entry(const Entry& entry, Node& node) {
    node.plan.name = entry.key;
    node.origin = entry.origin;
    node.entry = &entry;
    if (!is_identifier(entry.key)) bad_name(entry.origin, "stage", entry.key);
    const auto* table = expect_table(entry, fmt::format("[stage.{}]", entry.key), problems_);
    if (!table) return;
    const auto* type_entry = table->find("type");
    if (!type_entry) {
      problems_.add(entry.origin, "missing-type", fmt::format("stage '{}' has no type", entry.key),
                    "as in type = \"capture.video\"; `sluice stages` lists the types there are");
      return;
    }
    const auto* type = find_type(type_entry->value, problems_);
    if (!type) return;
    node.from = table->find("from");
    const auto settings = read_stage(*table, entry.key, *type, problems_);
    auto& plan = node.plan;
    plan.type = type;
    plan.mailbox = mailbox_of(*type, mailbox_, settings.mailbox);
    plan.restart = restart_of(settings.restart);
    if (const auto* workers = settings.parameters.get<std::int64_t>("workers"))
      plan.workers = static_cast<int>(*workers);
    if (const auto* optional = settings.parameters.get<bool>("optional")) plan.optional = *optional;
    if (fill_parameters(entry, settings.parameters, plan)) own_check(entry, plan, problems_);
  }

  // False if one is wrong or missing.
  bool fill_parameters(const Entry& entry, const Settings& settings, StagePlan& plan) {
    bool good = settings.wrong.empty();
    for (const auto& parameter : plan.type->parameters) {
      if (settings.wrong.count(parameter.name) != 0) continue;
      const auto* value = settings.find(parameter.name);
      if (!value && parameter.required) {
        problems_.add(
            entry.origin, "missing-parameter",
            fmt::format("stage '{}' ({}) needs '{}'", entry.key, plan.type->name, parameter.name),
            fmt::format("{}: {}", parameter.name, parameter.help));
        good = false;
        continue;
      }
      plan.parameters.emplace_back(&parameter, value ? *value : parameter.fallback);
    }
    return good;
  }

  // All is well: the nodes in order, their indices turned into those of the plan.
  void fill(Plan& plan, const std::vector<std::size_t>& order) {
    std::vector<std::size_t> place(nodes_.size());
    for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    for (const auto index : order) {
      auto& node = nodes_[index];
      for (const auto& link : node.links)
        node.plan.links.push_back({place[link.from], *link.output, *link.input, link.kinds});
      plan.stages.push_back(std::move(node.plan));
    }
  }

  const Table& graph_;
  Problems& problems_;
  Problems& warnings_;
  Settings mailbox_;
  Nodes nodes_;
};

}  // namespace

std::optional<Plan> check_graph(const Table& graph, const std::string& fallback_name,
                                const std::string& device, Problems& problems, Problems& warnings) {
  return GraphCheck(graph, problems, warnings).run(fallback_name, device);
}

}  // namespace sluice
