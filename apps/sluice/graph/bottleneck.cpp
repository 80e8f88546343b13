#include "graph/bottleneck.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sluice/observe/ledger.hpp>

#include "graph/figures.hpp"
#include "graph/labels.hpp"

namespace sluice::app {
namespace {

// What a stage lost, but for what was left over when the graph ended.
std::uint64_t lost(const StageReport& stage) {
  std::uint64_t sum = 0;
  for (const auto& [why, count] : stage.dropped)
    if (why != cause::shutdown && why != cause::stage_ended) sum += count;
  return sum;
}

std::string main_cause(const StageReport& stage) {
  std::pair<std::uint64_t, std::string> most;
  for (const auto& [why, count] : stage.dropped)
    if (why != cause::shutdown && why != cause::stage_ended) most = std::max(most, {count, why});
  return most.second;
}

class Findings {
 public:
  Findings(const Plan& plan, const Report& report) : plan_(plan), report_(report) {}

  std::string sentence() const {
    const auto came = [&](const StagePlan& stage) { return of(stage).in > 0; };
    if (std::none_of(plan_.stages.begin(), plan_.stages.end(), came)) return "No frame has come.";
    const auto worst = most([&](const StagePlan& stage) { return lost(of(stage)); });
    const auto busiest = most([&](const StagePlan& stage) { return utilisation(stage, report_); });
    if (worst && of(*worst).dropped.count(std::string(cause::stage_down)) > 0)
      return fmt::format("{} has given up: {}.", worst->name, loss(*worst, "it loses"));
    if (busiest && utilisation(*busiest, report_) >= kBusy && holds_up(*busiest))
      return fmt::format("{} holds the graph up: {} ms a frame{}.", busiest->name,
                         short_number(of(*busiest).process.mean), losers(worst, busiest));
    if (worst) return loses(*worst);
    if (!busiest) return "Nothing holds the graph up.";
    return fmt::format("Nothing holds the graph up; the busiest stage is {}, {:.0f} % of the time.",
                       busiest->name, 100 * utilisation(*busiest, report_));
  }

 private:
  const StageReport& of(const StagePlan& stage) const { return report_of(stage, report_); }

  // The stage with the most of it; null where none has any. Of equals, the first.
  template <class F>
  const StagePlan* most(F&& value) const {
    const StagePlan* found = nullptr;
    for (const auto& stage : plan_.stages)
      if (value(stage) > 0 && (!found || value(stage) > value(*found))) found = &stage;
    return found;
  }

  // Frames wait for it, or are dropped in front of it or of those that feed it: a full mailbox that
  // blocks makes them wait, back to one that drops.
  bool holds_up(const StagePlan& stage) const {
    if (is_waited_for(of(stage))) return true;
    std::vector<bool> upstream(plan_.stages.size(), false);
    upstream[static_cast<std::size_t>(&stage - plan_.stages.data())] = true;
    for (auto i = plan_.stages.size(); i-- > 0;) {  // each comes after those that feed it
      if (!upstream[i]) continue;
      if (lost(of(plan_.stages[i])) > 0) return true;
      for (const auto& link : plan_.stages[i].links)
        if (link.output != kEventsOutput) upstream[link.from] = true;
    }
    return false;
  }

  // "it drops 6 of 30 frames/s"
  std::string loss(const StagePlan& stage, std::string_view who) const {
    return fmt::format("{} {} of {} frames/s", who,
                       short_number(per_second(lost(of(stage)), report_)),
                       short_number(per_second(of(stage).in, report_)));
  }

  std::string others(const StagePlan& but) const {
    const auto count = std::count_if(
        plan_.stages.begin(), plan_.stages.end(),
        [&](const StagePlan& stage) { return &stage != &but && lost(of(stage)) > 0; });
    if (count == 0) return "";
    return count == 1 ? ", and 1 more stage drops some"
                      : fmt::format(", and {} more stages drop some", count);
  }

  std::string losers(const StagePlan* worst, const StagePlan* busiest) const {
    if (!worst) return "; frames wait for it";
    return "; " + loss(*worst, worst == busiest ? "it drops" : worst->name + " drops") +
           others(*worst);
  }

  // No stage works too long: the network, the processor or a burst may be what it is.
  std::string loses(const StagePlan& stage) const {
    auto text = fmt::format("{} ({})", loss(stage, stage.name + " drops"), main_cause(of(stage)));
    if (const auto share = utilisation(stage, report_); share > 0)
      text += fmt::format(", but works for {:.0f} % of the time only", 100 * share);
    return text + others(stage) + ".";
  }

  const Plan& plan_;
  const Report& report_;
};

}  // namespace

std::string bottleneck(const Plan& plan, const Report& report) {
  return Findings(plan, report).sentence();
}

}  // namespace sluice::app
