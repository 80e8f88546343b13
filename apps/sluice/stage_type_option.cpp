#include "stage_type_option.hpp"

#include <fmt/format.h>

#include <sluice/graph/parameter_value.hpp>
#include <sluice/observe/log.hpp>

namespace sluice::app {

const StageType* stage_type_or_tell(const std::string& name) {
  if (const auto* type = StageTypes::all().find(name)) return type;
  std::vector<std::string> names;
  for (const auto* type : StageTypes::all().sorted()) names.push_back(type->name);
  const auto near = nearest(name, names);
  fmt::print(stderr, "sluice: there is no stage type '{}'{}; `sluice stages` lists them\n",
             escaped(name), near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  return nullptr;
}

}  // namespace sluice::app
