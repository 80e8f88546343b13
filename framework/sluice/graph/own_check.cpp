#include <fmt/format.h>

#include <sluice/graph/own_check.hpp>
#include <sluice/stage.hpp>
#include <stdexcept>

namespace sluice {

Origin place_of(const Entry& stage, const std::string& parameter, std::size_t item) {
  const auto* table = stage.value.as<Table>();
  const auto* given = table ? table->find(parameter) : nullptr;
  if (!given) return stage.origin;
  const auto* list = given->value.as<Value::List>();
  return list && item < list->size() ? (*list)[item].origin : given->value.origin;
}

void own_check(const Entry& entry, const StagePlan& plan, Problems& problems) {
  if (!plan.type->check || problems.part_is_missing()) return;
  ParamProblems found;
  try {
    const auto stage = plan.type->make();
    for (const auto& [parameter, value] : plan.parameters) parameter->set(*stage, value);
    plan.type->check(*stage, found);
  } catch (const std::exception& e) {  // a plugin's code may throw anywhere
    found = {{"", fmt::format("its own check threw: {}", e.what()), "mend the stage type"}};
  }
  for (const auto& problem : found)
    problems.add(place_of(entry, problem.parameter, problem.item), "bad-parameter",
                 fmt::format("stage '{}' ({}): {}", entry.key, plan.type->name, problem.message),
                 problem.hint);
}

}  // namespace sluice
