// The JSON Schema of graph files, made of what is declared of stage types and keys.
#pragma once

#include <nlohmann/json.hpp>

namespace sluice::app {

// Draft 7, the newest that Taplo knows. Refuses nothing that the check takes, and says less: what
// only the whole graph shows (links, kinds, circles), a type's own check and the range of a
// duration or a size are left to the check.
nlohmann::ordered_json graph_schema();

}  // namespace sluice::app
