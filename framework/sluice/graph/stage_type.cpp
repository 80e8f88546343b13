#include <fmt/format.h>

#include <algorithm>
#include <sluice/graph/stage_type.hpp>
#include <sluice/graph/units.hpp>
#include <stdexcept>

namespace sluice {

std::string_view to_string(ParamType type) {
  switch (type) {
    case ParamType::boolean:
      return "boolean";
    case ParamType::integer:
      return "integer";
    case ParamType::number:
      return "number";
    case ParamType::text:
      return "text";
    case ParamType::duration:
      return "duration";
    case ParamType::size:
      return "size";
    case ParamType::texts:
      return "text or list of texts";
  }
  return "unknown";
}

std::string to_toml(const ParamValue& value, ParamType type) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* d = std::get_if<double>(&value)) {
    const auto text = fmt::format("{}", *d);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  }
  if (const auto* i = std::get_if<std::int64_t>(&value)) {
    if (type == ParamType::duration) return fmt::format("\"{}\"", format_duration(Duration(*i)));
    if (type == ParamType::size) return fmt::format("\"{}\"", format_size(*i));
    return std::to_string(*i);
  }
  if (const auto* s = std::get_if<std::string>(&value)) return fmt::format("\"{}\"", *s);
  std::string list;
  for (const auto& item : std::get<std::vector<std::string>>(value))
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", item);
  return "[" + list + "]";
}

std::string_view to_string(WhenFull policy) {
  switch (policy) {
    case WhenFull::block:
      return "block";
    case WhenFull::drop_oldest:
      return "drop_oldest";
    case WhenFull::drop_newest:
      return "drop_newest";
    case WhenFull::latest:
      return "latest";
  }
  return "unknown";
}

std::optional<WhenFull> when_full_from_string(std::string_view name) {
  for (const auto policy :
       {WhenFull::block, WhenFull::drop_oldest, WhenFull::drop_newest, WhenFull::latest})
    if (to_string(policy) == name) return policy;
  return std::nullopt;
}

std::size_t capacity_of(const MailboxRules& rules) {
  if (rules.capacity != 0) return rules.capacity;
  return rules.when_full == WhenFull::latest ? 1 : 4;
}

namespace {

template <class Items>
auto* named(Items& items, std::string_view name) {
  const auto it = std::find_if(items.begin(), items.end(),
                               [name](const auto& item) { return item.name == name; });
  return it == items.end() ? nullptr : &*it;
}

}  // namespace

const Parameter* StageType::parameter(std::string_view n) const { return named(parameters, n); }
const Port* StageType::input(std::string_view n) const { return named(inputs, n); }
const Port* StageType::output(std::string_view n) const { return named(outputs, n); }

StageTypes& StageTypes::all() {
  static StageTypes types;
  return types;
}

void StageTypes::add(StageType type) {
  const auto refuse = [&](std::string_view why) {
    throw std::invalid_argument(fmt::format("stage type '{}': {}", type.name, why));
  };
  const auto dot = type.name.find('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == type.name.size())
    refuse("a type's name has a family and a name, as in \"image.invert\"");
  if (const auto* other = find(type.name))
    refuse(fmt::format("that name is taken by {}",
                       other->plugin.empty() ? "a built-in type" : other->plugin));
  if (!type.make) refuse("it has no factory");
  if (type.is_source() && !type.loops)
    refuse("a stage without inputs is a source, and derives from LoopStage");
  for (const auto& port : type.outputs) {
    if ((port.same_as_input || !port.passed.empty()) && type.inputs.empty())
      refuse(fmt::format("output '{}' is the same as an input that is not there", port.name));
    if (!port.kind_parameter.empty() && !type.parameter(port.kind_parameter))
      refuse(fmt::format("output '{}' follows a parameter '{}' that is not there", port.name,
                         port.kind_parameter));
  }
  type.plugin = plugin_;
  types_.push_back(std::make_unique<const StageType>(std::move(type)));
}

const StageType* StageTypes::find(std::string_view name) const {
  for (const auto& type : types_)
    if (type->name == name) return type.get();
  return nullptr;
}

std::vector<const StageType*> StageTypes::sorted() const {
  std::vector<const StageType*> list;
  for (const auto& type : types_) list.push_back(type.get());
  std::sort(list.begin(), list.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return list;
}

}  // namespace sluice
