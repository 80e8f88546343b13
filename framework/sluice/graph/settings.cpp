#include <fmt/format.h>

#include <algorithm>
#include <sluice/graph/parameter_value.hpp>
#include <sluice/graph/settings.hpp>
#include <sluice/graph/units.hpp>
#include <sluice/graph/variables.hpp>

namespace sluice {
namespace {

Parameter integer(std::string name, std::string help, double least, double most) {
  Parameter p;
  p.name = std::move(name);
  p.type = ParamType::integer;
  p.help = std::move(help);
  p.least = least;
  p.most = most;
  return p;
}

Parameter choice(std::string name, std::string help, std::vector<std::string> choices) {
  Parameter p;
  p.name = std::move(name);
  p.help = std::move(help);
  p.choices = std::move(choices);
  return p;
}

Parameter other(std::string name, ParamType type, std::string help, Duration most = {}) {
  Parameter p;
  p.name = std::move(name);
  p.type = type;
  p.help = std::move(help);
  if (most > Duration(0)) p.most = static_cast<double>(most.count());
  return p;
}

Parameter size(std::string name, std::string help, double least) {
  auto p = other(std::move(name), ParamType::size, std::move(help));
  p.least = least;
  return p;
}

ProblemCode code_of(ValueFault fault, ParamType type) {
  switch (fault) {
    case ValueFault::unit:
      return type == ParamType::duration ? ProblemCode("bad-duration") : ProblemCode("bad-size");
    case ValueFault::range:
      return "out-of-range";
    case ValueFault::choice:
      return "not-a-choice";
    case ValueFault::none:
    case ValueFault::type:
      break;
  }
  return "wrong-type";
}

// Where in a list the element is that is no text; else the value's own place.
Origin fault_in(const Value& value) {
  if (const auto* list = value.as<Value::List>())
    for (const auto& item : *list)
      if (!item.as<std::string>()) return item.origin;
  return value.origin;
}

bool any_variable(const Value& value) {
  if (const auto* text = value.as<std::string>()) return has_variables(*text);
  const auto* list = value.as<Value::List>();
  return list && std::any_of(list->begin(), list->end(), any_variable);
}

bool any_broken(const Value& value) {
  const auto* list = value.as<Value::List>();
  return value.broken() || (list && std::any_of(list->begin(), list->end(), any_broken));
}

}  // namespace

const std::vector<Parameter>& stage_parameters() {
  static const std::vector<Parameter> list{
      integer("workers", "replicas that share out the work by source", 1, 64),
      other("optional", ParamType::boolean, "the graph goes on when this stage gives up for good"),
  };
  return list;
}

const std::vector<Parameter>& mailbox_parameters() {
  static const std::vector<Parameter> list{
      integer("capacity", "frames that may wait; with \"latest\": of each source", 1, 100'000),
      choice("when_full", "what happens to a frame for which there is no room",
             {"block", "drop_oldest", "drop_newest", "latest"}),
      other("max_bytes", ParamType::size,
            "what the waiting frames may add up to; 0: a quarter of the graph's memory"),
      other("max_age", ParamType::duration,
            "a frame that is older when its turn comes is dropped; 0: no limit"),
  };
  return list;
}

const std::vector<Parameter>& restart_parameters() {
  static const std::vector<Parameter> list{
      choice("on", "when a stage that failed is started anew", {"failure", "never"}),
      integer("at_most", "restarts within the time before the stage gives up for good", 0, 1'000),
      other("within", ParamType::duration, "the time in which restarts are counted",
            std::chrono::hours(24)),
  };
  return list;
}

const std::vector<Parameter>& graph_parameters() {
  static const std::vector<Parameter> list{
      other("drain", ParamType::duration,
            "how long a stopping graph may take to empty its mailboxes", std::chrono::hours(1)),
      size("memory",
           "what all queues and stages together may keep of frames; without it, a quarter of the "
           "machine's memory",
           1 << 20),
      other("plugins", ParamType::texts, "shared objects with stage types, by name or path"),
  };
  return list;
}

const std::vector<Parameter>& dashboard_parameters() {
  static const std::vector<Parameter> list{
      other("listen", ParamType::text, "address and port, as in \"127.0.0.1:8080\""),
      other("token", ParamType::text, "who doesn't know it is not answered"),
      other("hosts", ParamType::texts, "further names that this machine is asked for by"),
  };
  return list;
}

bool is_identifier(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

const ParamValue* Settings::find(std::string_view name) const {
  const auto it = values.find(name);
  return it == values.end() ? nullptr : &it->second;
}

Settings SettingsReader::read(const Table& table,
                              std::initializer_list<const std::vector<Parameter>*> lists,
                              const std::vector<std::string>& besides) {
  Settings settings;
  for (const auto& entry : table.entries()) {
    if (std::find(besides.begin(), besides.end(), entry.key) != besides.end()) continue;
    const Parameter* parameter = nullptr;
    for (const auto* list : lists)
      for (const auto& p : *list)
        if (!parameter && p.name == entry.key) parameter = &p;
    if (parameter) {
      read_one(*parameter, entry, settings);
      continue;
    }
    settings.wrong[entry.key] = true;
    auto known = besides;
    for (const auto* list : lists)
      for (const auto& p : *list) known.push_back(p.name);
    problems_.add(entry.origin, "unknown-key", fmt::format("{} has no key '{}'", of_, entry.key),
                  problems_.near(entry.key, known, fmt::format("it has {}", listed(known))));
  }
  return settings;
}

void SettingsReader::read_one(const Parameter& p, const Entry& entry, Settings& settings) {
  const Value& value = entry.value;
  if (any_broken(value)) {
    settings.wrong[p.name] = true;
    return;
  }
  if (variables_stand_ && any_variable(value)) return;
  auto raw = raw_value(value);
  const bool takes_text = p.type == ParamType::text || p.type == ParamType::texts;
  if (takes_text && !value.written.empty()) raw = ParamValue(value.written);
  if (raw) {
    auto checked = check_value(p, *raw);
    if (checked.fault == ValueFault::none) {
      settings.values[p.name] = std::move(checked.value);
      return;
    }
    const auto hint =
        checked.hint.empty() ? p.help : fmt::format("did you mean \"{}\"?", checked.hint);
    problems_.add(value.origin, code_of(checked.fault, p.type),
                  fmt::format("'{}' {}", p.name, checked.error), hint);
  } else {
    problems_.add(fault_in(value), "wrong-type",
                  fmt::format("'{}' takes {}, not {}", p.name, wanted(p), shown(value)), p.help);
  }
  settings.wrong[p.name] = true;
}

}  // namespace sluice
