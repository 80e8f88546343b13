#include "schema/stage_schema.hpp"

#include <fmt/format.h>

#include <sluice/graph/settings.hpp>
#include <sluice/graph/units.hpp>

namespace sluice::app {
namespace {

std::string definition_of(const char* what, Layer layer) {
  return layer == Layer::graph ? what : fmt::format("device_{}", what);
}

std::string definition_of(const StageType& type, Layer layer) {
  return fmt::format("{}:{}", definition_of("stage", layer), type.name);
}

// Holds where the table says that it is of this type.
Json is_of(const StageType& type) {
  return {{"properties", {{"type", {{"const", type.name}}}}}, {"required", {"type"}}};
}

Json type_schema() {
  std::vector<std::string> names;
  for (const auto* type : StageTypes::all().sorted()) names.push_back(type->name);
  auto schema = one_of(names);
  schema["description"] = "the stage type";
  return schema;
}

// A stage, one of its outputs, or several: the keywords of lists say nothing of texts.
Json feeds() {
  const auto text = fmt::format(R"(^{}(\.|$)|\$\{{)", kIdentifier);
  return {{"type", {"string", "array"}},
          {"pattern", text},
          {"items", {{"type", "string"}, {"pattern", text}}},
          {"uniqueItems", true}};
}

Json from_schema(const StageType& type) {
  auto schema = feeds();
  schema["type"].push_back("object");
  schema["minItems"] = 1;
  for (const auto& input : type.inputs) {
    schema["properties"][input.name] = feeds();
    schema["properties"][input.name]["description"] = to_string(input.kinds);
  }
  schema["minProperties"] = 1;
  schema["additionalProperties"] = false;
  schema["description"] = "what feeds it: a stage, \"STAGE.OUTPUT\", a list, or a table by inputs";
  return schema;
}

// As a graph would write it.
Json default_of(const Parameter& p) {
  if (p.type == ParamType::duration)
    return format_duration(Duration(std::get<std::int64_t>(p.fallback)));
  if (p.type == ParamType::size) return format_size(std::get<std::int64_t>(p.fallback));
  return std::visit([](const auto& value) { return Json(value); }, p.fallback);
}

Json schema_of(const StageType& type, Layer layer) {
  auto keys = Json::object();
  keys["type"] = {{"const", type.name}, {"description", type.summary}};  // for who proposes it
  if (!type.is_source()) {
    // A device's links are resolved on that device alone.
    keys["from"] = layer == Layer::graph ? from_schema(type) : Json(true);
    keys["mailbox"] = reference(definition_of("mailbox", layer));
  }
  keys["restart"] = reference(definition_of("restart", layer));
  for (auto p : stage_parameters()) {
    if (p.name == "workers" && (type.single_worker || type.is_source())) p.most = 1;
    keys[p.name] = value_schema(p, layer);
  }
  for (const auto& p : type.parameters) {
    if (keys.contains(p.name)) continue;
    keys[p.name] = value_schema(p, layer);
    if (!p.required) keys[p.name]["default"] = default_of(p);
  }
  return {{"description", type.summary}, {"properties", keys}, {"additionalProperties", false}};
}

}  // namespace

void add_stage_definitions(Json& definitions, Layer layer) {
  auto by_type = Json::array();
  // Taplo proposes keys that it finds in anyOf, not those in `then`; what holds is said by allOf,
  // whose errors name the one key that is wrong.
  Json proposed{true};
  for (const auto* type : StageTypes::all().sorted()) {
    const auto definition = definition_of(*type, layer);
    definitions[definition] = schema_of(*type, layer);
    by_type.push_back({{"if", is_of(*type)}, {"then", reference(definition)}});
    proposed.push_back(reference(definition));
  }
  definitions[definition_of("stage", layer)] = {{"type", "object"},
                                                {"properties", {{"type", {{"type", "string"}}}}},
                                                {"allOf", by_type},
                                                {"anyOf", proposed}};
  definitions[definition_of("mailbox", layer)] = table_schema(mailbox_parameters(), layer);
  definitions[definition_of("restart", layer)] = table_schema(restart_parameters(), layer);
}

Json known_type() { return {{"properties", {{"type", type_schema()}}}}; }

Json stage_reference(Layer layer) { return reference(definition_of("stage", layer)); }
Json mailbox_reference(Layer layer) { return reference(definition_of("mailbox", layer)); }

Json whole_stage() {
  auto by_type = Json::array();
  for (const auto* type : StageTypes::all().sorted()) {
    auto required = Json::array();
    if (!type->is_source() && !type->hears_all) required.push_back("from");
    for (const auto& p : type->parameters)
      if (p.required) required.push_back(p.name);
    if (!required.empty())
      by_type.push_back({{"if", is_of(*type)}, {"then", {{"required", required}}}});
  }
  return {{"required", {"type"}}, {"allOf", by_type}};
}

}  // namespace sluice::app
