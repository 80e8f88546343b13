#include "schema/value_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sluice/graph/units.hpp>

#include "parameter_text.hpp"

namespace sluice::app {
namespace {

// See has_variables().
constexpr const char* kVariable = R"(\$\{)";

// No bound where it is none, or none that an integer of TOML could pass.
void add_bound(Json& schema, const char* key, double bound, bool whole) {
  if (!std::isfinite(bound) || (whole && std::abs(bound) > 9.2e18)) return;
  schema[key] = whole ? Json(static_cast<std::int64_t>(bound)) : Json(bound);
}

void add_range(Json& schema, const Parameter& p) {
  const bool whole = p.type != ParamType::number;
  add_bound(schema, "minimum", p.least, whole);
  add_bound(schema, "maximum", p.most, whole);
}

// A text with a unit, or an integer from `least` to `most`.
Json quantity(const std::string& pattern, double least, double most) {
  Json schema{{"type", {"string", "integer"}},
              {"pattern", fmt::format("{}|{}", pattern, kVariable)}};
  add_bound(schema, "minimum", least, true);
  add_bound(schema, "maximum", most, true);
  return schema;
}

Json plain(const Parameter& p) {
  Json schema;
  switch (p.type) {
    case ParamType::boolean:
      return {{"type", "boolean"}};
    case ParamType::integer:
    case ParamType::number:
      schema["type"] = p.type == ParamType::integer ? "integer" : "number";
      add_range(schema, p);
      return schema;
    case ParamType::text:
      return p.choices.empty() ? Json{{"type", "string"}} : one_of(p.choices);
    case ParamType::duration:
      // Without a unit zero alone means something.
      return quantity(duration_pattern(), std::max(0.0, p.least), std::min(0.0, p.most));
    case ParamType::size:
      return quantity(size_pattern(), std::max(0.0, p.least), p.most);
    case ParamType::texts:
      return {{"type", {"string", "array"}}, {"items", {{"type", "string"}}}};
  }
  return schema;
}

}  // namespace

Json reference(const std::string& definition) {
  const auto place = Json::json_pointer("/definitions") / definition;
  return {{"$ref", fmt::format("#{}", place.to_string())}};
}

Json with_variable() {
  const Json text{{"type", "string"}, {"pattern", kVariable}};
  const Json list{{"type", "array"}, {"contains", reference(kWithVariable)}};
  return {{"anyOf", {text, list}}};
}

Json one_of(const std::vector<std::string>& texts) {
  return {{"type", "string"}, {"anyOf", {{{"enum", texts}}, {{"pattern", kVariable}}}}};
}

Json value_schema(const Parameter& p, Layer layer) {
  auto schema = plain(p);
  if (layer == Layer::device) schema = {{"anyOf", {std::move(schema), reference(kWithVariable)}}};
  schema["description"] = fmt::format("{} ({})", p.help, wanted_of(p));
  return schema;
}

Json properties_of(const std::vector<Parameter>& parameters, Layer layer) {
  auto properties = Json::object();
  for (const auto& p : parameters) properties[p.name] = value_schema(p, layer);
  return properties;
}

Json table_schema(const std::vector<Parameter>& parameters, Layer layer) {
  return {{"type", "object"},
          {"properties", properties_of(parameters, layer)},
          {"additionalProperties", false}};
}

}  // namespace sluice::app
