#include "graph/labels.hpp"

#include <fmt/format.h>

#include <sluice/observe/ledger.hpp>

#include "graph/figures.hpp"

namespace sluice::app {
namespace {

enum class Line { rate, times, losses, flow, drops };

// What a label's lines are about, by the plan alone: so they are as many each time.
struct Slot {
  std::string id;
  const StagePlan& stage;
  bool of_mailbox;
  std::vector<Line> lines;
};

std::vector<Slot> slots_of(const Plan& plan) {
  std::vector<Slot> slots;
  for (const auto& stage : plan.stages) {
    Slot slot{"stage-" + stage.name, stage, false, {}};
    const bool taker = takes_frames(stage);
    if (taker || stage.type->is_source()) slot.lines.push_back(Line::rate);
    if (taker) slot.lines.push_back(Line::times);
    slot.lines.push_back(Line::losses);
    slots.push_back(std::move(slot));
    if (taker) slots.push_back({"mailbox-" + stage.name, stage, true, {Line::flow, Line::drops}});
  }
  return slots;
}

void append(std::string& list, const std::string& item) {
  if (!list.empty()) list += ", ";
  list += item;
}

// Those that this is true of, by the second: "6/s mailbox_full, 0.5/s too_old".
std::string drops(const StageReport& stage, const Report& report, bool in_mailbox) {
  std::string text;
  for (const auto& [why, count] : stage.dropped)
    if (count > 0 && cause::in_mailbox(why) == in_mailbox)
      append(text, fmt::format("{}/s {}", short_number(per_second(count, report)), why));
  return text;
}

std::string rate(const StagePlan& plan, const StageReport& stage, const Report& report) {
  auto text = short_number(per_second(stage.out, report)) + " frames/s";
  if (stage.process.count > 0 && !plan.type->is_source())
    text += fmt::format(", {:.0f} % busy", 100 * utilisation(plan, report));
  return text;
}

std::string times(const StageReport& stage) {
  std::string text;
  if (stage.process.count > 0)
    text = fmt::format("{} ms a frame", short_number(stage.process.mean));
  if (stage.wait.count > 0) append(text, fmt::format("waits {} ms", short_number(stage.wait.mean)));
  return text;
}

std::string losses(const StageReport& stage, const Report& report) {
  std::string text;
  if (stage.restarts > 0)
    text = fmt::format("{} restart{}", stage.restarts, stage.restarts == 1 ? "" : "s");
  if (stage.failed > 0) append(text, fmt::format("{} failed", stage.failed));
  if (const auto own = drops(stage, report, false); !own.empty()) append(text, "drops " + own);
  if (stage.events_dropped > 0) append(text, fmt::format("{} events lost", stage.events_dropped));
  return text;
}

std::string flow(const StageReport& stage, const Report& report) {
  auto text = short_number(per_second(stage.in, report)) + " frames/s";
  if (stage.queued > 0) append(text, fmt::format("{} queued", stage.queued));
  return text;
}

std::string text_of(Line line, const StagePlan& plan, const Report& report) {
  const auto& stage = report_of(plan, report);
  switch (line) {
    case Line::rate:
      return rate(plan, stage, report);
    case Line::times:
      return times(stage);
    case Line::losses:
      return losses(stage, report);
    case Line::flow:
      return flow(stage, report);
    case Line::drops:
      break;
  }
  const auto text = drops(stage, report, true);
  return text.empty() ? text : "drops " + text;
}

std::string_view widest(Line line) {
  switch (line) {
    case Line::rate:
      return "1000 frames/s, 100 % busy";
    case Line::times:
      return "1000 ms a frame, waits 1000 ms";
    case Line::losses:
      return "10 restarts, 1000 failed";
    case Line::flow:
      return "1000 frames/s, 100 queued";
    case Line::drops:
      break;
  }
  return "drops 1000/s mailbox_full";
}

bool has_dropped(const StageReport& stage, std::string_view why) {
  const auto found = stage.dropped.find(std::string(why));
  return found != stage.dropped.end() && found->second > 0;
}

State stage_state(const StagePlan& plan, const Report& report) {
  const auto& stage = report_of(plan, report);
  if (stage.failed > 0 || stage.restarts > 0 || has_dropped(stage, cause::stage_down))
    return State::failed;
  if (!takes_frames(plan) && !plan.type->is_source()) return State::fine;
  if (stage.in == 0) return State::idle;
  if (utilisation(plan, report) < kBusy) return State::fine;
  return dropped_waiting(stage) > 0 || is_waited_for(stage) ? State::overloaded : State::busy;
}

State mailbox_state(const StagePlan& plan, const Report& report) {
  for (const auto& [why, count] : report_of(plan, report).dropped)
    if (count > 0 && cause::in_mailbox(why)) return State::lossy;
  return State::fine;
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::idle:
      return "idle";
    case State::fine:
      return "fine";
    case State::busy:
      return "busy";
    case State::overloaded:
      return "overloaded";
    case State::failed:
      return "failed";
    case State::lossy:
      break;
  }
  return "lossy";
}

std::vector<Label> labels_of(const Plan& plan, const Report& report) {
  std::vector<Label> labels;
  for (const auto& slot : slots_of(plan)) {
    Label label{
        slot.id,
        {},
        slot.of_mailbox ? mailbox_state(slot.stage, report) : stage_state(slot.stage, report)};
    for (const auto line : slot.lines) label.lines.push_back(text_of(line, slot.stage, report));
    labels.push_back(std::move(label));
  }
  return labels;
}

std::vector<Label> widest_labels(const Plan& plan) {
  std::vector<Label> labels;
  for (const auto& slot : slots_of(plan)) {
    Label label{slot.id, {}, State::fine};
    for (const auto line : slot.lines) label.lines.emplace_back(widest(line));
    labels.push_back(std::move(label));
  }
  return labels;
}

}  // namespace sluice::app
