#include "graph/reports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "graph/bottleneck.hpp"

namespace sluice::app {
namespace {

std::string content_of(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  std::string text;
  char buffer[65536];
  std::size_t n = 0;
  while (file && (n = std::fread(buffer, 1, sizeof buffer, file.get())) > 0) text.append(buffer, n);
  if (!file || std::ferror(file.get()) != 0)
    throw std::runtime_error(
        fmt::format("cannot read {}: {}", path, std::generic_category().message(errno)));
  return text;
}

Report read(const std::string& file) {
  const auto text = content_of(file);
  try {
    return report_from_json(text);
  } catch (const std::invalid_argument& e) {
    throw std::runtime_error(fmt::format(
        "{} is no report: {}; `sluice run GRAPH --report {}` writes one", file, e.what(), file));
  }
}

DrawnPlan& plan_of(const Report& report, std::vector<DrawnPlan>& plans, const std::string& file) {
  std::vector<DrawnPlan*> same_name;
  for (auto& drawn : plans) {
    if (drawn.plan->name != report.graph) continue;
    if (drawn.plan->device == report.device) return drawn;
    same_name.push_back(&drawn);
  }
  if (same_name.size() == 1) return *same_name.front();
  throw std::runtime_error(
      fmt::format("{} is the report of '{}' on '{}', which is not in the picture; there is {}",
                  file, report.graph, report.device, [&] {
                    std::string list;
                    for (const auto& drawn : plans)
                      list += fmt::format("{}'{}' on '{}'", list.empty() ? "" : ", ",
                                          drawn.plan->name, drawn.plan->device);
                    return list;
                  }()));
}

// The stages are the same, or it is of another graph of that name.
void check_stages(const Plan& plan, const Report& report, const std::string& file) {
  const auto refuse = [&](const std::string& stage, std::string_view who, std::string_view other) {
    throw std::runtime_error(fmt::format(
        "{} is the report of another graph '{}': {} has a stage '{}' of that type, and {} has not",
        file, plan.name, who, stage, other));
  };
  for (const auto& stage : plan.stages)
    if (std::none_of(report.stages.begin(), report.stages.end(), [&](const StageReport& s) {
          return s.name == stage.name && s.type == stage.type->name;
        }))
      refuse(stage.name, "the graph", "the report");
  for (const auto& s : report.stages)
    if (std::none_of(plan.stages.begin(), plan.stages.end(),
                     [&](const StagePlan& stage) { return stage.name == s.name; }))
      refuse(s.name, "the report", "the graph");
}

}  // namespace

void add_reports(std::vector<DrawnPlan>& plans, const std::vector<std::string>& files) {
  for (const auto& file : files) {
    const auto report = read(file);
    auto& drawn = plan_of(report, plans, file);
    check_stages(*drawn.plan, report, file);
    if (!drawn.labels.empty())
      throw std::runtime_error(
          fmt::format("{} is a second report of '{}' on '{}': give one for each", file,
                      drawn.plan->name, drawn.plan->device));
    drawn.labels = labels_of(*drawn.plan, report);
    drawn.sentence = bottleneck(*drawn.plan, report);
  }
}

}  // namespace sluice::app
