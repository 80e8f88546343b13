// A stage type, as several verbs take it.
#pragma once

#include <sluice/graph/stage_type.hpp>
#include <string>

namespace sluice::app {

// Null where there is none of that name, which is then told on standard error.
const StageType* stage_type_or_tell(const std::string& name);

}  // namespace sluice::app
