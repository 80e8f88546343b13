// Stages in the making, and the links between them: from names to indices, into an order, and
// checked for what flows on them.
#pragma once

#include <cstddef>
#include <optional>
#include <sluice/graph/document.hpp>
#include <sluice/graph/plan.hpp>
#include <sluice/graph/problems.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct Link {
  std::size_t from = 0;               // index into the nodes
  std::optional<std::size_t> output;  // open: "camera" alone, which may mean its events too
  std::optional<std::size_t> input;   // open: the first that takes it
  Kinds kinds;                        // what may flow on it, once that is settled
  Origin origin;
  std::string text;  // as written
};

struct Node {
  StagePlan plan;                // its links are filled in last
  Origin origin;                 // the stage's name
  const Entry* entry = nullptr;  // its table, in the document
  const Entry* from = nullptr;
  std::vector<Link> links;
  // Something is wrong with what feeds it, or with its own settings; what it gives can't be told.
  bool doubtful = false;

  const StageType* type() const { return plan.type; }  // null: unknown
};

using Nodes = std::vector<Node>;

// Reads every node's `from`.
void resolve_links(Nodes& nodes, Problems& problems);

// An order in which each comes after those that feed it; of several possible, the file's. Cycles
// are reported, and what is in or behind them is left out.
std::vector<std::size_t> sort_nodes(const Nodes& nodes, Problems& problems);

// Links the stages that hear all, where `from` isn't given, to all others that are not fed by them.
void link_hearers(Nodes& nodes);

// Settles each link's output and input, in the given order, and checks that they fit.
void check_flows(Nodes& nodes, const std::vector<std::size_t>& order, Problems& problems);

// Finds events that a stage waits for at an input, and that no stage linked to it raises. Links are
// settled.
void check_awaited(const Nodes& nodes, Problems& problems);

// Finds stages that make something of which nobody takes anything. Links are settled.
void check_taken(const Nodes& nodes, Problems& warnings);

// What to put between two stages so that they fit: a hint, or "".
std::string converter_hint(Kinds given, Kinds wanted);

}  // namespace sluice
