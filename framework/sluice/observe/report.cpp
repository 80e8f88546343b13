#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sluice/observe/report.hpp>

namespace sluice {
namespace {

std::string losses(const StageReport& s) {
  std::string text;
  for (const auto& [cause, count] : s.dropped)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, cause);
  // Behind a source, what is missing was dropped before, and is told there.
  std::uint64_t missing = 0;
  if (s.is_source)
    for (const auto& [name, source] : s.sources) missing += source.missing;
  if (missing > 0) text += fmt::format("{}{} missing", text.empty() ? "" : ", ", missing);
  if (s.failed > 0) text += fmt::format("{}{} failed", text.empty() ? "" : ", ", s.failed);
  if (s.events_dropped > 0)
    text += fmt::format("{}{} events", text.empty() ? "" : ", ", s.events_dropped);
  return text;
}

void subtract(ByCause& now, const ByCause& before) {
  for (const auto& [cause, count] : before) now[cause] -= count;
  std::erase_if(now, [](const auto& entry) { return entry.second == 0; });
}

void subtract(SourceReport& now, const SourceReport& before) {
  now.in -= before.in;
  now.bytes -= before.bytes;
  now.failed -= before.failed;
  now.missing -= before.missing;
  subtract(now.dropped, before.dropped);
  now.age = now.age.since(before.age);
  now.process = now.process.since(before.process);
  now.wait = now.wait.since(before.wait);
}

void subtract(StageReport& now, const StageReport& before, double wall_s) {
  now.in -= before.in;
  now.out -= before.out;
  now.failed -= before.failed;
  now.restarts -= before.restarts;
  now.events_dropped -= before.events_dropped;
  subtract(now.dropped, before.dropped);
  now.fps = wall_s > 0 ? static_cast<double>(now.out) / wall_s : 0;
  now.process = now.process.since(before.process);
  now.wait = now.wait.since(before.wait);
  now.age = now.age.since(before.age);
  now.costs.cpu -= before.costs.cpu;
  now.costs.allocations -= before.costs.allocations;
  for (const auto& [name, source] : before.sources)
    // One that was forgotten is not there, or has begun anew.
    if (const auto it = now.sources.find(name);
        it != now.sources.end() && it->second.in >= source.in)
      subtract(it->second, source);
}

}  // namespace

std::uint64_t StageReport::dropped_total() const {
  std::uint64_t sum = 0;
  for (const auto& [cause, count] : dropped) sum += count;
  return sum;
}

Report since(const Report& now, const Report& before) {
  Report r = now;
  r.wall_s -= before.wall_s;
  r.cpu_s -= before.cpu_s;
  for (const auto& [name, count] : before.events) r.events[name] -= count;
  for (std::size_t i = 0; i < r.stages.size(); ++i)
    subtract(r.stages[i], before.stages.at(i), r.wall_s);
  return r;
}

void read_process(Report& report) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto s = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  report.cpu_s = s(usage.ru_utime) + s(usage.ru_stime);
  report.max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm").ignore(32, ' ') >> pages;
  report.rss_bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string to_table(const Report& r) {
  std::size_t width = 5;
  std::size_t type_width = 4;
  for (const auto& s : r.stages) {
    width = std::max(width, s.name.size());
    type_width = std::max(type_width, s.type.size());
  }
  std::string text =
      fmt::format("{:<{}}  {:<{}} {:>9} {:>9} {:>7} {:>8} {:>9} {:>9} {:>9} {:>9}  {}\n", "stage",
                  width, "type", type_width, "in", "out", "queued", "fps", "work p50", "wait p99",
                  "age p50", "age p99", "lost");
  for (const auto& s : r.stages) {
    const auto ms = [](const Distribution& p, double value) {
      return p.count == 0 ? std::string("-") : fmt::format("{:.1f} ms", value);
    };
    text += fmt::format("{:<{}}  {:<{}} {:>9} {:>9} {:>7} {:>8.1f} {:>9} {:>9} {:>9} {:>9}  {}\n",
                        s.name, width, s.type, type_width, s.in, s.out, s.queued, s.fps,
                        ms(s.process, s.process.p50), ms(s.wait, s.wait.p99), ms(s.age, s.age.p50),
                        ms(s.age, s.age.p99), losses(s));
  }
  for (const auto& s : r.stages)
    for (const auto& [name, values] : s.figures)
      for (const auto& [of, value] : values)
        text += fmt::format("{:<{}}  {} {}: {:.3f}\n", s.name, width, of, name, value);
  for (const auto& [name, count] : r.events) text += fmt::format("{:>9} × {}\n", count, name);
  text += fmt::format("{:.1f} s, {:.0f} % of a core, {} MiB\n", r.wall_s,
                      r.wall_s > 0 ? 100 * r.cpu_s / r.wall_s : 0.0, r.max_rss_bytes >> 20);
  return text;
}

std::string to_status(const Report& now, const Report& before) {
  // The last stage that sees a source is nearest to what the user gets: its rate and age are told.
  struct Seen {
    double fps = 0, age = 0;
    bool age_known = true;
  };
  std::map<std::string, Seen> sources;
  std::uint64_t lost = 0;
  const double span = std::max(0.001, now.wall_s - before.wall_s);
  for (std::size_t i = 0; i < now.stages.size(); ++i) {
    const auto& stage = now.stages[i];
    const auto* old = i < before.stages.size() ? &before.stages[i] : nullptr;
    lost += stage.dropped_total() + stage.failed;
    if (old) lost -= old->dropped_total() + old->failed;
    for (const auto& [name, source] : stage.sources) {
      std::uint64_t in = source.in;
      if (old)
        if (const auto it = old->sources.find(name); it != old->sources.end()) in -= it->second.in;
      sources[name] = {static_cast<double>(in) / span, source.age.p50, source.age_known};
    }
  }
  std::string text = fmt::format("{:>6.0f} s", now.wall_s);
  constexpr std::size_t kShown = 6;
  std::size_t shown = 0;
  for (const auto& [name, seen] : sources) {
    if (shown++ == kShown) {
      text += fmt::format(" | and {} more", sources.size() - kShown);
      break;
    }
    text += fmt::format(" | {} {:.0f} fps, {:.0f} ms{}", name, seen.fps, seen.age,
                        seen.age_known ? "" : " since arrival");
  }
  return text + fmt::format(" | lost {}", lost);
}

}  // namespace sluice
