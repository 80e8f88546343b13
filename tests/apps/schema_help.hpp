// What the schema has against a graph, and what the check has.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace test {

struct Graph {
  std::string name;  // of its file, which includes are relative to
  std::string text;
};

// What `sluice schema` prints.
std::string printed_schema();

// By a validator, of each text all that the schema has against it; nothing for what is not TOML.
// One process for all of them. skip() where this machine has no validator.
using Objections = std::optional<std::vector<std::string>>;
std::vector<Objections> objections(const std::vector<Graph>& graphs);

// The codes of all problems that the check finds, on a device that no graph names and in an
// environment that has HOSTNAME and HOME alone.
std::vector<std::string> problem_codes(const Graph& graph);

}  // namespace test
