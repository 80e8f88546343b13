// Value by value, of every parameter there is: the schema takes just what the check takes.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sluice/graph/settings.hpp>
#include <sluice/graph/stage_type.hpp>

#include "catch.hpp"
#include "schema_help.hpp"

using namespace sluice;
using test::Graph;

namespace {

// A parameter, and the line above it.
struct Place {
  std::string header;
  const Parameter* parameter;
};

std::vector<Place> all_places() {
  std::vector<Place> places;
  const auto add = [&](const std::string& header, const std::vector<Parameter>& parameters) {
    for (const auto& p : parameters) places.push_back({header, &p});
  };
  for (const std::string device : {"", "device.other."}) {
    const auto table = [&](const std::string& name, const std::string& type = {}) {
      const auto header = fmt::format("[{}{}]\n", device, name);
      return type.empty() ? header : fmt::format("{}type = \"{}\"\n", header, type);
    };
    add(device.empty() ? "" : "[device.other]\n", graph_parameters());
    add(table("mailbox"), mailbox_parameters());
    add(table("dashboard"), dashboard_parameters());
    const auto* sink = StageTypes::all().find("sink.discard");
    REQUIRE(sink);
    add(table("stage.x", sink->name) + table("stage.x.restart"), restart_parameters());
    add(table("stage.x", sink->name) + table("stage.x.mailbox"), mailbox_parameters());
    for (const auto* type : StageTypes::all().sorted()) {
      add(table("stage.x", type->name), stage_parameters());
      add(table("stage.x", type->name), type->parameters);
    }
  }
  return places;
}

// As TOML writes them: of every type, and at the parameter's own limits.
std::vector<std::string> values_for(const Parameter& p) {
  std::vector<std::string> values{
      "true",    "0",          "1",        "-1",         "65",           "0.5",          "98765.5",
      "inf",     "\"\"",       "\"text\"", "\"5s\"",     "\"8MiB\"",     "\"0\"",        "[]",
      "[\"a\"]", "[\"a\", 1]", "{}",       "1979-05-27", "\"${X:-5s}\"", "[\"${X:-a}\"]"};
  for (const double limit : {p.least, p.most})
    if (std::abs(limit) < 1e15)
      for (const double value : {limit - 1, limit, limit + 1})
        values.push_back(fmt::format("{}", static_cast<std::int64_t>(value)));
  for (const auto& choice : p.choices) values.push_back(fmt::format("\"{}\"", choice));
  return values;
}

// Has the check something against the value that a schema can have too? What a variable stands for
// and how long a text's duration is, it can't see.
bool refused(const Graph& graph, const std::string& value) {
  const bool text = value.front() == '"';
  const bool variable = text && value.find("${") != std::string::npos;
  for (const auto& code : test::problem_codes(graph)) {
    if (code == "wrong-type" || code == "unknown-key") return true;
    if ((code == "bad-duration" || code == "bad-size" || code == "not-a-choice") && !variable)
      return true;
    if ((code == "out-of-range" || code == "single-worker") && !text) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the schema takes just the values that the check takes, of every parameter") {
  std::vector<Graph> graphs;
  std::vector<std::string> values;
  for (const auto& place : all_places())
    for (const auto& value : values_for(*place.parameter)) {
      // Other layers might say what else must be there.
      const auto* layers = place.header.find("[device") == 0 ? "" : "device = {}\n";
      graphs.push_back({"graph.toml", fmt::format("{}{}{} = {}\n", layers, place.header,
                                                  place.parameter->name, value)});
      values.push_back(value);
    }
  const auto said = test::objections(graphs);
  int good = 0;
  int bad = 0;
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    INFO(graphs[i].text);
    REQUIRE(said[i]);
    const bool wrong = refused(graphs[i], values[i]);
    if (said[i]->empty() == wrong) {
      CAPTURE(*said[i]);
      CHECK(said[i]->empty() == !wrong);
    }
    ++(wrong ? bad : good);
  }
  CHECK(good > 500);
  CHECK(bad > 500);
}
