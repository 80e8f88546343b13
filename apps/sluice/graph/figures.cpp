#include "graph/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sluice/observe/ledger.hpp>

namespace sluice::app {

const StageReport& report_of(const StagePlan& stage, const Report& report) {
  static const StageReport kNothing;
  const auto found = std::find_if(report.stages.begin(), report.stages.end(),
                                  [&](const StageReport& s) { return s.name == stage.name; });
  return found == report.stages.end() ? kNothing : *found;
}

bool takes_frames(const StagePlan& stage) {
  return std::any_of(stage.links.begin(), stage.links.end(),
                     [](const LinkPlan& link) { return link.output != kEventsOutput; });
}

double per_second(std::uint64_t count, const Report& report) {
  return report.wall_s > 0 ? static_cast<double>(count) / report.wall_s : 0;
}

double utilisation(const StagePlan& stage, const Report& report) {
  // A source's time for a frame is that of handing it on, and of waiting where others block it.
  if (stage.type->is_source()) return 0;
  const auto& process = report_of(stage, report).process;
  return per_second(process.count, report) * process.mean / 1000 / stage.workers;
}

bool is_waited_for(const StageReport& stage) {
  return stage.process.count > 0 && stage.wait.mean >= stage.process.mean;
}

std::uint64_t dropped_waiting(const StageReport& stage) {
  std::uint64_t sum = 0;
  for (const auto why : {cause::mailbox_full, cause::too_old, cause::over_max_bytes})
    if (const auto found = stage.dropped.find(std::string(why)); found != stage.dropped.end())
      sum += found->second;
  return sum;
}

std::string short_number(double value) {
  if (value >= 9.95) return fmt::format("{:.0f}", value);
  if (value >= 0.095 || value == 0) {
    auto text = fmt::format("{:.1f}", value);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
  }
  return fmt::format("{:.2f}", std::max(value, 0.01));
}

}  // namespace sluice::app
