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

// The shortest way from a node back to itself, without the node at its end; empty if there is none.
Indices circle(std::size_t start, const std::vector<Indices>& next) {
  std::vector<std::size_t> came_from(next.size(), next.size());
  std::queue<std::size_t> open;
  open.push(start);
  while (!open.empty()) {
    const auto node = open.front();
    open.pop();
    for (const auto n : next[node]) {
      if (n == start) {
        Indices way{node};
        while (way.back() != start) way.push_back(came_from[way.back()]);
        std::reverse(way.begin(), way.end());
        return way;
      }
      if (came_from[n] != next.size()) continue;
      came_from[n] = node;
      open.push(n);
    }
  }
  return {};
}

void report_cycle(const Nodes& nodes, const Indices& cycle, Problems& problems) {
  std::string way;
  for (const auto i : cycle) way += nodes[i].plan.name + " -> ";
  const auto& first = nodes[cycle.front()];
  for (const auto& link : first.links) {
    if (link.from != cycle.back()) continue;
    problems.add(link.origin, "cycle",
                 fmt::format("the stages feed each other in a circle: {}{}", way, first.plan.name),
                 "frames flow one way; take one of these links out");
    return;
  }
}

// One for each set of stages that all feed each other; it begins with the one the file names first.
void report_cycles(const Nodes& nodes, const std::vector<Indices>& next,
                   const std::vector<bool>& sorted, Problems& problems) {
  std::vector<bool> told(nodes.size(), false);
  std::vector<Indices> previous(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const auto n : next[i]) previous[n].push_back(i);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (sorted[i] || told[i]) continue;
    const auto cycle = circle(i, next);
    if (cycle.empty()) continue;  // behind a circle, but not in one
    report_cycle(nodes, cycle, problems);
    const auto after = behind(i, next);
    const auto before = behind(i, previous);
    for (std::size_t n = 0; n < nodes.size(); ++n)
      if (after[n] && before[n]) told[n] = true;
  }
}

}  // namespace

// A. B. Kahn, "Topological sorting of large networks", 1962, with a queue that prefers the file's
// order.
std::vector<std::size_t> sort_nodes(const Nodes& nodes, Problems& problems) {
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
  if (order.size() < nodes.size()) report_cycles(nodes, next, sorted, problems);
  return order;
}

void link_hearers(Nodes& nodes) {
  for (std::size_t hearer = 0; hearer < nodes.size(); ++hearer) {
    const auto* type = nodes[hearer].type();
    if (!type || !type->hears_all || nodes[hearer].from) continue;
    const auto input = std::find_if(type->inputs.begin(), type->inputs.end(),
                                    [](const Port& p) { return p.kinds.has(Kind::event); });
    if (input == type->inputs.end()) continue;
    nodes[hearer].plan.hears_every_stage = true;
    // Anew for each: the links of the last one lead on to what it feeds.
    const auto fed = behind(hearer, followers(nodes));
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto* other = nodes[i].type();
      if (!other || other->hears_all || fed[i]) continue;
      nodes[hearer].links.push_back(
          {i, kEventsOutput, static_cast<std::size_t>(input - type->inputs.begin()), Kind::event,
           nodes[hearer].origin, nodes[i].plan.name + ".events"});
    }
  }
}

}  // namespace sluice
