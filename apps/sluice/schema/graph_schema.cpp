#include "schema/graph_schema.hpp"

#include <fmt/format.h>

#include <sluice/graph/check.hpp>
#include <sluice/graph/settings.hpp>

#include "schema/stage_schema.hpp"

namespace sluice::app {
namespace {

// What the file and a device's table have in common.
Json shared_keys(Layer layer) {
  auto keys = properties_of(graph_parameters(), layer);
  keys["mailbox"] = mailbox_reference(layer);
  keys["dashboard"] = table_schema(dashboard_parameters(), layer);
  return keys;
}

Json name_schema() {
  return {{"type", "string"},
          {"pattern", fmt::format(R"(^{}$|\$\{{)", kIdentifier)},
          {"description", "the graph's name, else the file's"}};
}

Json include_schema() {
  return {{"type", {"string", "array"}},
          {"items", {{"type", "string"}}},
          {"description", "files that this one is laid over, relative to its folder"}};
}

Json stages_schema() {
  return {
      {"type", "object"},
      {"maxProperties", kMostStages},
      {"patternProperties", {{fmt::format("^{}$", kIdentifier), stage_reference(Layer::graph)}}},
      {"additionalProperties", false},
      {"description", "the stages, as [stage.NAME]"}};
}

// What is laid over the graph on that device. Names are left to the check: that of a stage which
// only another device has is looked at there.
Json device_schema() {
  auto keys = shared_keys(Layer::device);
  keys["stage"] = {{"type", "object"}, {"additionalProperties", stage_reference(Layer::device)}};
  return {{"type", "object"}, {"properties", keys}, {"additionalProperties", false}};
}

Json devices_schema() {
  return {{"type", "object"},
          {"additionalProperties", device_schema()},
          {"description", "what is laid over the graph on one device, as [device.NAME...]"}};
}

// No other types than those that this sluice has, unless plugins may bring them.
Json without_plugins() {
  const Json names_plugins{{"required", {"plugins"}}};
  const Json known{{"additionalProperties", known_type()}};
  const Json devices{{"additionalProperties", {{"properties", {{"stage", known}}}}}};
  return {{"if",
           {{"not", {{"anyOf", {names_plugins, {{"required", {"include"}}}}}}},
            {"properties", {{"device", {{"additionalProperties", {{"not", names_plugins}}}}}}}}},
          {"then", {{"properties", {{"stage", known}, {"device", devices}}}}}};
}

// Of a file that no other layer adds to: what must be there.
Json whole_graph() {
  const Json stages{{"minProperties", 1}, {"additionalProperties", whole_stage()}};
  return {{"required", {"stage"}}, {"properties", {{"stage", stages}}}};
}

}  // namespace

Json graph_schema() {
  auto definitions = Json::object();
  definitions[kWithVariable] = with_variable();
  add_stage_definitions(definitions, Layer::graph);
  add_stage_definitions(definitions, Layer::device);

  auto keys = shared_keys(Layer::graph);
  keys["name"] = name_schema();
  keys["include"] = include_schema();
  keys["stage"] = stages_schema();
  keys["device"] = devices_schema();
  const Json layered{{"anyOf", {{{"required", {"include"}}}, {{"required", {"device"}}}}}};
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", "Sluice graph file"},
          {"type", "object"},
          {"properties", keys},
          {"additionalProperties", false},
          // Taplo looks for keys to propose beside these three, but not beside an allOf.
          {"if", layered},
          {"then", without_plugins()},
          {"else", {{"allOf", {whole_graph(), without_plugins()}}}},
          {"definitions", definitions}};
}

}  // namespace sluice::app
