#include "graph/groups.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace sluice::app {
namespace {

// Sets that are joined until none is left that should be; each is known by its first member.
class Sets {
 public:
  explicit Sets(std::size_t count) : first_(count) { std::iota(first_.begin(), first_.end(), 0u); }

  std::size_t of(std::size_t member) const {
    while (first_[member] != member) member = first_[member];
    return member;
  }
  void join(std::size_t a, std::size_t b) {
    const auto [first, second] = std::minmax({of(a), of(b)});
    first_[second] = first;
  }

 private:
  std::vector<std::size_t> first_;
};

}  // namespace

std::string family_of(const StageType& type) { return type.name.substr(0, type.name.find('.')); }

std::vector<std::vector<std::size_t>> groups_of(const Plan& plan) {
  Sets sets(plan.stages.size());
  std::vector<std::size_t> depth(plan.stages.size(), 0);  // links from the farthest source
  std::map<std::pair<std::string, std::size_t>, std::size_t> side_by_side;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const auto& stage = plan.stages[i];
    const auto family = family_of(*stage.type);
    if (!stage.hears_every_stage)
      for (const auto& link : stage.links) {
        depth[i] = std::max(depth[i], depth[link.from] + 1);
        if (family_of(*plan.stages[link.from].type) == family) sets.join(i, link.from);
      }
    sets.join(i, side_by_side.try_emplace({family, depth[i]}, i).first->second);
  }
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::size_t, std::size_t> place;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const auto [at, is_new] = place.try_emplace(sets.of(i), groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(i);
  }
  return groups;
}

}  // namespace sluice::app
