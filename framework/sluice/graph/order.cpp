#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <sluice/graph/links.hpp>

namespace sluice {
namespace {

using Indices = std::vector<std::size_t>;

std::vector<Indices> followers(const Nodes& nodes) {
  std::vector<Indices> result(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const auto& link : nodes[i].links) result[link.from].push_back(i);
  return result;
}

// Everything that is fed by a node, directly or not, and the node itself.
std::vector<bool> behind(std::size_t start, const std::vector<Indices>& next) {
  std::vector<bool> reached(next.size(), false);
  Indices open{start};
  reached[start] = true;
  while (!open.empty()) {
    const auto node = open.back();
    open.pop_back();
    for (const auto n : next[node]) {
      if (reached[n]) continue;
      reached[n] = true;
      open.push_back(n);
    }
  }
  return reached;
}

void report_cycle(const Nodes& nodes, Indices cycle, Report& report) {
  // In the direction of the frames, from the stage that the file names first.
  std::reverse(cycle.begin(), cycle.end());
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  std::string way;
  for (const auto i : cycle) way += nodes[i].plan.name + " -> ";
  const auto& first = nodes[cycle.front()];
  for (const auto& link : first.links) {
    if (link.from != cycle.back()) continue;
    report.add(link.origin, "cycle",
               fmt::format("the stages feed each other in a circle: {}{}", way, first.plan.name),
               "frames flow one way; take one of these links out");
    return;
  }
}

// Every node that Kahn's algorithm leaves over has one that feeds it and is left over too. So going
// backwards from any leads into a cycle.
void report_cycles(const Nodes& nodes, const std::vector<bool>& sorted, Report& report) {
  std::vector<std::size_t> walk_of(nodes.size(), 0);  // which walk came by; 0: none yet
  for (std::size_t start = 0; start < nodes.size(); ++start) {
    Indices walk;
    std::size_t node = start;
    while (!sorted[node] && walk_of[node] == 0) {
      walk_of[node] = start + 1;
      walk.push_back(node);
      for (const auto& link : nodes[node].links) {
        if (sorted[link.from]) continue;
        node = link.from;
        break;
      }
    }
    if (walk.empty() || walk_of[node] != start + 1) continue;
    report_cycle(nodes, Indices(std::find(walk.begin(), walk.end(), node), walk.end()), report);
  }
}

}  // namespace

// A. B. Kahn, "Topological sorting of large networks", 1962, with a queue that prefers the file's
// order.
std::vector<std::size_t> sort_nodes(const Nodes& nodes, Report& report) {
  const auto next = followers(nodes);
  Indices waiting(nodes.size());
  std::priority_queue<std::size_t, Indices, std::greater<>> ready;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    waiting[i] = nodes[i].links.size();
    if (waiting[i] == 0) ready.push(i);
  }
  Indices order;
  std::vector<bool> sorted(nodes.size(), false);
  while (!ready.empty()) {
    const auto node = ready.top();
    ready.pop();
    sorted[node] = true;
    order.push_back(node);
    for (const auto n : next[node])
      if (--waiting[n] == 0) ready.push(n);
  }
  if (order.size() < nodes.size()) report_cycles(nodes, sorted, report);
  return order;
}

void link_hearers(Nodes& nodes) {
  for (std::size_t hearer = 0; hearer < nodes.size(); ++hearer) {
    const auto* type = nodes[hearer].type();
    if (!type || !type->hears_all || nodes[hearer].from) continue;
    const auto input = std::find_if(type->inputs.begin(), type->inputs.end(),
                                    [](const Port& p) { return p.kinds.has(Kind::event); });
    if (input == type->inputs.end()) continue;
    // Anew for each: the links of the last one lead on to what it feeds.
    const auto fed = behind(hearer, followers(nodes));
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto* other = nodes[i].type();
      if (!other || other->hears_all || fed[i]) continue;
      nodes[hearer].links.push_back({i, kEventsOutput,
                                     static_cast<std::size_t>(input - type->inputs.begin()),
                                     nodes[hearer].origin, nodes[i].plan.name + ".events"});
    }
  }
}

}  // namespace sluice
