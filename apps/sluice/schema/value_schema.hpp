// The schema of a parameter's value, and of tables of parameters.
#pragma once

#include <nlohmann/json.hpp>
#include <sluice/graph/stage_type.hpp>
#include <string>
#include <vector>

namespace sluice::app {

using Json = nlohmann::ordered_json;

// Whose table it is. Those of devices are checked wherever the graph runs, but for values with
// variables in them, which stand for any value there.
enum class Layer { graph, device };

// {"$ref": "#/definitions/NAME"}
Json reference(const std::string& definition);

// The definition that takes what has a variable in it: a text, or a list with such a text.
inline constexpr const char* kWithVariable = "with_variable";
Json with_variable();

// One of the texts, or a text with a variable in it.
Json one_of(const std::vector<std::string>& texts);

Json value_schema(const Parameter& parameter, Layer layer);
// Parameters by name, as a schema's "properties".
Json properties_of(const std::vector<Parameter>& parameters, Layer layer);
// A table that has no other keys.
Json table_schema(const std::vector<Parameter>& parameters, Layer layer);

}  // namespace sluice::app
