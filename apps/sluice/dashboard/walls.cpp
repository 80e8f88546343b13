#include "dashboard/walls.hpp"

#include <fmt/format.h>

#include <display/web_part.hpp>
#include <sluice/base/machine_memory.hpp>
#include <sluice/observe/log.hpp>

namespace sluice::app {
namespace {

constexpr Kinds kShown = kinds::pictures | Kind::jpeg;
constexpr Duration kActive = std::chrono::seconds(10);
// Of the wall of all sources; no stage is called so.
constexpr const char* kAll = "";

// All walls together may keep this part of the graph's memory besides, while somebody looks.
constexpr std::size_t kPart = 4;  // a quarter

// Sources' pictures can be asked for before the first has come.
template <class Sources>
display::WallPtr expecting(const Sources& sources, display::WallPtr wall) {
  if (wall)
    for (const auto& [name, source] : sources)
      if (valid_source(name)) wall->board()->expect(name);
  return wall;
}

}  // namespace

Walls::Walls(Engine& engine, const Clock& clock, std::function<void(bool all)> ready)
    : engine_(engine),
      clock_(clock),
      ready_(std::move(ready)),
      most_bytes_(engine.memory() / kPart / (kMost + 1)) {}

display::WallPtr Walls::all(const std::map<std::string, LastSeen>& sources) {
  return expecting(sources, open(kAll, wanted_of(sources)));
}

void Walls::follow(const std::map<std::string, LastSeen>& sources) {
  const auto found = walls_.find(kAll);
  const auto wall = found == walls_.end() ? nullptr : found->second.lock();
  if (!wall) return;
  const auto wanted = wanted_of(sources);
  if (wanted == wall->wanted) return;
  wall->taps.clear();
  tap(*wall, wanted);
}

display::WallPtr Walls::link(std::string_view id, const Report& report) {
  const auto dot = id.find('.');
  const auto name = id.substr(0, dot);
  const auto& stages = engine_.plan().stages;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (stages[i].name != name) continue;
    std::vector<Output> outputs = dot == std::string_view::npos ? into(i) : out_of(i);
    if (dot != std::string_view::npos)
      std::erase_if(outputs, [&](const Output& output) {
        return stages[i].type->outputs[output.second].name != id.substr(dot + 1);
      });
    Wanted wanted;
    for (const auto& output : outputs) wanted[output];
    if (wanted.empty()) return nullptr;
    return expecting(report.stages[i].sources, open(std::string(id), wanted));
  }
  return nullptr;
}

void Walls::tend() {
  for (const auto& [id, known] : walls_) {
    const auto wall = known.lock();
    if (!wall) continue;
    const auto [count, why] = wall->board()->take_faults();
    if (count > 0)
      log_line(LogLevel::warning, "dashboard",
               fmt::format("{} pictures could not be shown; the last: {}", count, why));
    try {
      wall->composer().check();
    } catch (const std::exception& e) {  // the next viewer gets another wall
      log_line(LogLevel::error, "dashboard",
               fmt::format("pictures are made no more: {}", e.what()));
      wall->failed = true;
      wall->taps.clear();
      wall->board()->close();
    }
  }
  std::erase_if(walls_, [](const auto& entry) {
    const auto wall = entry.second.lock();
    return !wall || wall->failed;
  });
}

void Walls::close() {
  for (const auto& [id, known] : walls_)
    if (const auto wall = known.lock()) {
      wall->taps.clear();
      wall->board()->close();
    }
  walls_.clear();
}

std::shared_ptr<Walls::Tapped> Walls::open(const std::string& id, const Wanted& wanted) {
  std::erase_if(walls_, [](const auto& entry) { return entry.second.expired(); });
  if (const auto found = walls_.find(id); found != walls_.end()) return found->second.lock();
  if (id != kAll && walls_.size() - walls_.count(kAll) >= kMost)
    throw display::NoRoom("the pictures of so many links are watched already");
  auto wall =
      std::make_shared<Tapped>(clock_, kActive, most_bytes_, display::ComposerSettings{}, ready_);
  tap(*wall, wanted);
  walls_[id] = wall;
  return wall;
}

void Walls::tap(Tapped& wall, const Wanted& wanted) {
  wall.wanted = wanted;
  for (const auto& [output, names] : wanted)
    wall.taps.push_back(engine_.tap(
        output.first, output.second, [board = wall.board(), only = names](const FramePtr& frame) {
          if ((only.empty() || only.contains(frame->source)) && display::unshowable(*frame).empty())
            board->put(frame);
        }));
}

Walls::Wanted Walls::wanted_of(const std::map<std::string, LastSeen>& sources) const {
  Wanted wanted;
  for (const auto& [name, seen] : sources) {
    auto outputs = out_of(seen.stage);
    if (outputs.empty()) outputs = into(seen.stage);
    for (const auto& output : outputs) wanted[output].insert(name);
  }
  return wanted;
}

std::vector<Walls::Output> Walls::into(std::size_t stage) const {
  std::vector<Output> outputs;
  for (const auto& link : engine_.plan().stages[stage].links)
    if (!(link.kinds & kShown).empty()) outputs.emplace_back(link.from, link.output);
  return outputs;
}

std::vector<Walls::Output> Walls::out_of(std::size_t stage) const {
  std::vector<Output> outputs;
  const auto& type = *engine_.plan().stages[stage].type;
  for (std::size_t i = 0; i < type.outputs.size(); ++i) {
    const auto& port = type.outputs[i];
    if (port.same_as_input || !((port.kinds | port.passed) & kShown).empty())
      outputs.emplace_back(stage, i);
  }
  return outputs;
}

}  // namespace sluice::app
