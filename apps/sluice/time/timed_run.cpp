#include "time/timed_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <sluice/graph/units.hpp>

#include "session.hpp"
#include "verbs.hpp"

namespace sluice::app {
namespace {

// How often the figures are taken, so that those of before the end are at hand when it comes.
constexpr Duration kStep = std::chrono::milliseconds(200);

// Four digits are more than any measurement is worth.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  const double scale = std::pow(10, 4 - std::ceil(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

Json json_of(const Distribution& d) {
  Json json{{"count", d.count},
            {"p50", rounded(d.p50)},
            {"p90", rounded(d.p90)},
            {"p99", rounded(d.p99)},
            {"p999", rounded(d.p999)},
            {"max", rounded(d.max)},
            {"slowest", fmt::format("{} #{}", d.slowest.source, d.slowest.sequence)}};
  // Nines count: 0, 0.5, 0.75, 0.875, ... as far as there are frames for it.
  Json curve = Json::array();
  for (double rest = 1; rest * static_cast<double>(d.count) >= 0.5; rest /= 2)
    curve.push_back({1 - rest, rounded(d.at(1 - rest))});
  json["curve"] = std::move(curve);
  return json;
}

Json json_of(const SourceReport& s, double wall_s) {
  Json json{{"frames", s.in},
            {"fps", rounded(static_cast<double>(s.in) / wall_s)},
            {"failed", s.failed},
            {"missing", s.missing},
            {"dropped", s.dropped}};
  if (!s.age_known) json["age_from"] = "arrival";
  if (s.process.count > 0) json["process_ms"] = json_of(s.process);
  if (s.wait.count > 0) json["wait_ms"] = json_of(s.wait);
  if (s.age.count > 0) json["age_ms"] = json_of(s.age);
  return json;
}

Json json_of(const StageReport& s, double wall_s) {
  // A source's frames are those that went out; another stage's, those that it is done with.
  const auto frames = s.is_source ? s.out : s.out + s.failed;
  Json json{{"type", s.type},
            {"frames", frames},
            {"fps", rounded(static_cast<double>(frames) / wall_s)},
            {"failed", s.failed},
            {"dropped", s.dropped}};
  if (frames > 0) {
    const auto n = static_cast<double>(frames);
    json["cpu_us_per_frame"] = rounded(1e6 * seconds(s.costs.cpu) / n);
    if (allocations_counted)
      json["allocations_per_frame"] = rounded(static_cast<double>(s.costs.allocations) / n);
  }
  if (s.process.count > 0) json["process_ms"] = json_of(s.process);
  if (s.wait.count > 0) json["wait_ms"] = json_of(s.wait);
  if (s.age.count > 0) json["age_ms"] = json_of(s.age);
  Json sources = Json::object();
  for (const auto& [name, source] : s.sources) sources[name] = json_of(source, wall_s);
  json["sources"] = std::move(sources);
  return json;
}

// Events are not what is counted by.
std::string last_stage(const Plan& plan) {
  const auto it = std::find_if(plan.stages.rbegin(), plan.stages.rend(),
                               [](const StagePlan& s) { return !s.type->hears_all; });
  return it == plan.stages.rend() ? plan.stages.back().name : it->name;
}

}  // namespace

Json timed_run(Plan plan, const TimedRunRules& rules) {
  const auto last = last_stage(plan);
  EngineOptions options;
  options.timed = true;
  Session session(std::move(plan), std::move(options));
  auto& engine = session.engine();
  engine.start();

  const auto& clock = Clock::system();
  const auto began = clock.steady();
  auto woke = session.wait_until(began + rules.warmup);
  engine.forget_maxima();
  const Report before = engine.report();
  // The two newest before the end: the older one is from before anything of the graph ended.
  std::deque<Report> reports;
  while (woke == Session::Woke::due) {
    const auto now = clock.steady();
    const auto end = began + rules.warmup + rules.length;
    if (now >= end) break;
    woke = session.wait_until(std::min(end, now + kStep));
    if (woke == Session::Woke::over) break;
    reports.push_back(engine.report());
    if (reports.size() > 2) reports.pop_front();
  }
  const bool by_itself = woke == Session::Woke::over;
  if (!by_itself) session.end();
  if (session.settle() != kDone) throw NoFigures("the graph failed, so there are no figures");
  if (reports.empty())
    throw NoFigures(fmt::format(
        "the graph was over after {}, within the warm-up of {}: let its sources go on for longer "
        "(loop, frames = 0), or take a shorter --warmup",
        format_duration(std::chrono::ceil<std::chrono::milliseconds>(clock.steady() - began)),
        format_duration(rules.warmup)));
  const Report r = since(by_itself ? reports.front() : reports.back(), before);

  Json stages = Json::object();
  for (const auto& stage : r.stages) stages[stage.name] = json_of(stage, r.wall_s);
  const auto frames = stages[last]["frames"].get<double>();
  return {
      {"wall_s", rounded(r.wall_s)},
      {"cpu_s", rounded(r.cpu_s)},
      {"cpu_ms_per_frame", frames > 0 ? Json(rounded(1e3 * r.cpu_s / frames)) : Json(nullptr)},
      {"memory",
       {{"at_the_end_bytes", r.rss_bytes}, {"peak_bytes", std::max(r.rss_bytes, r.max_rss_bytes)}}},
      {"last", last},
      {"stages", stages}};
}

}  // namespace sluice::app
