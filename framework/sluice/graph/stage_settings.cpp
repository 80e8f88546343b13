#include <fmt/format.h>

#include <sluice/graph/stage_settings.hpp>

namespace sluice {
namespace {

std::string other_types(const std::string& name, const Problems& problems) {
  std::vector<std::string> all;
  std::vector<std::string> family;
  const auto prefix = name.substr(0, name.find('.')) + ".";
  for (const auto* type : StageTypes::all().sorted()) {
    all.push_back(type->name);
    if (type->name.rfind(prefix, 0) == 0) family.push_back(type->name);
  }
  return problems.near(name, all,
                       family.empty() ? "`sluice stages` lists the types there are"
                                      : fmt::format("there are {}", listed(family)));
}

void check_source(const Table& table, const std::string& name, const StageType& type,
                  Problems& problems) {
  if (const auto* from = table.find("from"))
    problems.add(
        from->origin, "feeds-a-source",
        fmt::format("'{}' is a source ({}) and takes nothing from other stages", name, type.name),
        "take the line out");
  if (const auto* mailbox = table.find("mailbox"))
    problems.add(mailbox->origin, "unknown-key",
                 fmt::format("stage '{}' has no key 'mailbox': a source has no mailbox", name),
                 "say it of the stages that the source feeds");
}

}  // namespace

const StageType* find_type(const Value& value, Problems& problems) {
  if (value.broken()) return nullptr;
  const auto name = text_of(value);
  if (!name) {
    problems.add(value.origin, "wrong-type",
                 fmt::format("'type' takes a text in quotes, not {}", shown(value)),
                 "as in type = \"capture.video\"");
    return nullptr;
  }
  const auto* type = StageTypes::all().find(*name);
  if (!type)
    problems.add(value.origin, "unknown-type", fmt::format("there is no stage type '{}'", *name),
                 other_types(*name, problems));
  return type;
}

const Table* expect_table(const Entry& entry, const std::string& such_as, Problems& problems) {
  const auto* table = entry.value.as<Table>();
  if (!table && !entry.value.broken())
    problems.add(entry.value.origin, "wrong-type",
                 fmt::format("'{}' takes a table, not {}", entry.key, shown(entry.value)),
                 "as in " + such_as);
  return table;
}

Settings read_mailbox(const Entry& entry, const std::string& of, Problems& problems,
                      bool variables_stand) {
  const auto* table = expect_table(entry, "mailbox = { capacity = 2 }", problems);
  if (!table) return {};
  return SettingsReader(problems, of, variables_stand).read(*table, {&mailbox_parameters()});
}

StageSettings read_stage(const Table& table, const std::string& name, const StageType& type,
                         Problems& problems, bool variables_stand) {
  StageSettings settings;
  const auto of = fmt::format("stage '{}' ({})", name, type.name);
  settings.parameters = SettingsReader(problems, of, variables_stand)
                            .read(table, {&stage_parameters(), &type.parameters},
                                  {"type", "from", "mailbox", "restart"});
  if (type.is_source())
    check_source(table, name, type, problems);
  else if (const auto* mailbox = table.find("mailbox"))
    settings.mailbox =
        read_mailbox(*mailbox, fmt::format("the mailbox of '{}'", name), problems, variables_stand);
  if (const auto* restart = table.find("restart"))
    if (const auto* rules = expect_table(*restart, "restart = { on = \"never\" }", problems))
      settings.restart =
          SettingsReader(problems, fmt::format("'restart' of '{}'", name), variables_stand)
              .read(*rules, {&restart_parameters()});

  const auto* workers = settings.parameters.get<std::int64_t>("workers");
  if (workers && *workers > 1 && (type.single_worker || type.is_source()))
    problems.add(
        table.find("workers")->value.origin, "single-worker",
        fmt::format("a stage of type {} has one worker", type.name),
        type.is_source() ? "it is a source, which shares out nothing" : "take 'workers' out");
  return settings;
}

MailboxRules mailbox_of(const StageType& type, const Settings& graph, const Settings& stage) {
  auto rules = type.mailbox;
  for (const auto* layer : {&graph, &stage})
    if (const auto* name = layer->get<std::string>("when_full"))
      if (const auto policy = when_full_from_string(*name)) rules.when_full = *policy;
  // The type's limits were meant for the type's own policy.
  if (rules.when_full != type.mailbox.when_full) rules = MailboxRules{.when_full = rules.when_full};
  for (const auto* layer : {&graph, &stage}) {
    if (const auto* frames = layer->get<std::int64_t>("capacity"))
      rules.capacity = static_cast<std::size_t>(*frames);
    if (const auto* bytes = layer->get<std::int64_t>("max_bytes"))
      rules.max_bytes = static_cast<std::size_t>(*bytes);
    if (const auto* age = layer->get<std::int64_t>("max_age")) rules.max_age = Duration(*age);
  }
  return rules;
}

RestartRules restart_of(const Settings& stage) {
  RestartRules rules;
  if (const auto* on = stage.get<std::string>("on")) rules.on_failure = *on == "failure";
  if (const auto* most = stage.get<std::int64_t>("at_most"))
    rules.at_most = static_cast<int>(*most);
  if (const auto* within = stage.get<std::int64_t>("within")) rules.within = Duration(*within);
  return rules;
}

}  // namespace sluice
