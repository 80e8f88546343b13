#include "time/timed_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <sluice/graph/units.hpp>

#include "session.hpp"
#include "status_lines.hpp"
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

// `came`: at a source every frame counts, at another stage those that it is done with.
Json json_of(const SourceReport& s, bool came, double wall_s) {
  std::uint64_t frames = s.in;
  if (!came)
    for (const auto& [cause, count] : s.dropped) frames -= std::min(frames, count);
  Json json{{"frames", frames},
            {"bytes", s.bytes},
            {"fps", rounded(static_cast<double>(frames) / wall_s)},
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
  if (!s.figures.empty()) json["figures"] = s.figures;
  Json sources = Json::object();
  for (const auto& [name, source] : s.sources) sources[name] = json_of(source, s.is_source, wall_s);
  json["sources"] = std::move(sources);
  return json;
}

// Events are not what is counted by.
std::string last_stage(const Plan& plan) {
  const auto it = std::find_if(plan.stages.rbegin(), plan.stages.rend(),
                               [](const StagePlan& s) { return !s.type->hears_all; });
  return it == plan.stages.rend() ? plan.stages.back().name : it->name;
}

Json whole_run(const Report& r) {
  Json stages = Json::object();
  for (const auto& s : r.stages)
    stages[s.name] = {{"in", s.in},
                      {"out", s.out},
                      {"dropped", s.dropped},
                      {"failed", s.failed},
                      {"queued", s.queued}};
  return {{"wall_s", rounded(r.wall_s)}, {"stages", stages}, {"events", r.events}};
}

using Woke = Session::Woke;

EngineOptions timed() {
  EngineOptions options;
  options.timed = true;
  return options;
}

class TimedRun {
 public:
  TimedRun(Plan plan, const TimedRunRules& rules)
      : rules_(rules), last_(last_stage(plan)), session_(std::move(plan), timed()) {}

  Json figures();

 private:
  static SteadyTime now() { return Clock::system().steady(); }
  Engine& engine() { return session_.engine(); }
  Woke wait_until(SteadyTime due);
  Woke wait_for_first_frame();
  void measure();
  void end();
  std::uint64_t done_by_last(const Report& report) const {
    for (const auto& stage : report.stages)
      if (stage.name == last_) return stage.out + stage.failed;
    return 0;
  }

  const TimedRunRules rules_;
  const std::string last_;  // stage
  Session session_;
  std::optional<StatusLines> lines_;
  SteadyTime began_{};  // the warm-up
  Woke woke_ = Woke::due;
  bool idle_ = false;
  Report before_, after_;  // what is measured lies between these
  bool measured_ = false;
};

// Tells the status on the way.
Woke TimedRun::wait_until(SteadyTime due) {
  for (;;) {
    const auto woke = session_.wait_until(std::min(due, lines_->due()));
    if (woke != Woke::due) return woke;
    lines_->tell_if_due();
    if (now() >= due) return woke;
  }
}

Woke TimedRun::wait_for_first_frame() {
  while (done_by_last(engine().report()) == 0)
    if (const auto woke = wait_until(now() + kStep); woke != Woke::due) return woke;
  return Woke::due;
}

void TimedRun::measure() {
  engine().forget_maxima();
  before_ = engine().report();
  const auto end = rules_.length ? now() + *rules_.length : SteadyTime::max();
  auto done = done_by_last(before_);
  auto last_frame = now();
  // The two newest with frames before the end: the older one is from before anything ended.
  std::deque<Report> reports;
  while (woke_ == Woke::due && !idle_ && now() < end) {
    woke_ = wait_until(std::min(end, now() + kStep));
    if (woke_ == Woke::over) break;
    after_ = engine().report();
    measured_ = true;
    if (std::exchange(done, done_by_last(after_)) != done || rules_.idle == Duration::zero()) {
      last_frame = now();
      reports.push_back(after_);
      if (reports.size() > 2) reports.pop_front();
    }
    idle_ = rules_.idle > Duration::zero() && now() - last_frame >= rules_.idle;
  }
  if (!idle_ && woke_ != Woke::over) return;
  measured_ = !reports.empty();
  if (measured_) after_ = std::move(reports.front());
}

void TimedRun::end() {
  if (woke_ != Woke::over) session_.end();
  if (const auto why = engine().failure(); !why.empty() && !engine().hangs())
    throw NoFigures("the graph failed, so there are no figures: " + why);
  session_.settle();
}

Json TimedRun::figures() {
  engine().start();
  lines_.emplace(engine(), rules_.status);
  if (rules_.from_first_frame) woke_ = wait_for_first_frame();
  began_ = now();
  if (woke_ == Woke::due) woke_ = wait_until(began_ + rules_.warmup);
  if (woke_ == Woke::due) measure();
  const auto took = now() - began_;
  end();
  const Report all = engine().report();
  if (done_by_last(all) == 0 && rules_.from_first_frame)
    throw NoFigures("it was ended before the first frame");
  if (!measured_ && idle_)
    throw NoFigures(fmt::format(
        "no frame came after the warm-up of {}: let the senders go on for longer, or take a "
        "shorter --warmup",
        format_duration(rules_.warmup)));
  if (!measured_ && woke_ == Woke::asked)
    throw NoFigures(fmt::format("it was asked to end within the warm-up of {}",
                                format_duration(rules_.warmup)));
  if (!measured_)
    throw NoFigures(fmt::format(
        "the graph was over after {}, within the warm-up of {}: let its sources go on for longer "
        "(loop, frames = 0), or take a shorter --warmup",
        format_duration(std::chrono::ceil<std::chrono::milliseconds>(took)),
        format_duration(rules_.warmup)));

  const Report r = since(after_, before_);
  Json stages = Json::object();
  for (const auto& stage : r.stages) stages[stage.name] = json_of(stage, r.wall_s);
  const auto frames = stages[last_]["frames"].get<double>();
  return {
      {"wall_s", rounded(r.wall_s)},
      {"cpu_s", rounded(r.cpu_s)},
      {"cpu_ms_per_frame", frames > 0 ? Json(rounded(1e3 * r.cpu_s / frames)) : Json(nullptr)},
      {"memory",
       {{"at_the_end_bytes", r.rss_bytes}, {"peak_bytes", std::max(r.rss_bytes, r.max_rss_bytes)}}},
      {"last", last_},
      {"whole_run", whole_run(all)},
      {"stages", stages}};
}

}  // namespace

Json timed_run(Plan plan, const TimedRunRules& rules) {
  return TimedRun(std::move(plan), rules).figures();
}

}  // namespace sluice::app
