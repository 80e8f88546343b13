#include "dashboard/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

namespace sluice::app {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;
enum class MetricType { Counter, Gauge, Histogram };

constexpr auto kBounds =
    std::to_array<double>({0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                           0.25, 0.5, 1, 2.5, 5, 10});  // seconds

// As it stands between a label's quotes. Not named quoted, as std::quoted would be the better
// match.
std::string in_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

// Writes https://prometheus.io/docs/instrumenting/exposition_formats/. By hand: Debian's library
// for it brings a web server and a choice of TLS library along.
class Families {
 public:
  explicit Families(Labels everywhere) : everywhere_(std::move(everywhere)) {}

  // The family that the following values are of.
  void begin(std::string name, std::string_view help, MetricType type) {
    static constexpr const char* kTypes[] = {"counter", "gauge", "histogram"};
    name_ = std::move(name);
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name_, help,
                         kTypes[static_cast<int>(type)]);
  }
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void add(const Labels& labels, Number value) { line("", labels, value); }
  void add(const Labels& labels, const Distribution& times) {
    const auto bucket = [&](std::string bound, std::uint64_t count) {
      auto with_bound = labels;
      with_bound.emplace_back("le", std::move(bound));
      line("_bucket", with_bound, count);
    };
    for (const double bound : kBounds)
      bucket(fmt::format("{}", bound), times.count_up_to(bound * 1e3));
    bucket("+Inf", times.count);
    line("_sum", labels, times.mean * static_cast<double>(times.count) / 1e3);
    line("_count", labels, times.count);
  }

  std::string text() && { return std::move(text_); }

 private:
  template <class Number>
  void line(std::string_view suffix, const Labels& labels, Number value) {
    text_ += name_;
    text_ += suffix;
    char before = '{';
    for (const auto* list : {&everywhere_, &labels})
      for (const auto& [name, of] : *list) {
        text_ += fmt::format("{}{}=\"{}\"", before, name, in_quotes(of));
        before = ',';
      }
    text_ += fmt::format("}} {}\n", value);
  }

  const Labels everywhere_;
  std::string name_, text_;
};

Labels of(const StageReport& stage) { return {{"stage", stage.name}, {"type", stage.type}}; }
Labels of(const StageReport& stage, const std::string& source) {
  return {{"stage", stage.name}, {"source", source}};
}
Labels with(Labels labels, const char* name, const std::string& value) {
  labels.emplace_back(name, value);
  return labels;
}

void add_stages(Families& f, const Report& r) {
  const auto each = [&](const char* name, const char* help, MetricType type, auto value) {
    f.begin(name, help, type);
    for (const auto& stage : r.stages) f.add(of(stage), value(stage));
  };
  using S = StageReport;
  each("sluice_stage_frames_in_total", "Frames that came to a stage", MetricType::Counter,
       [](const S& s) { return s.in; });
  each("sluice_stage_frames_out_total", "Frames that a stage was done with", MetricType::Counter,
       [](const S& s) { return s.out; });
  each("sluice_stage_frames_failed_total", "Frames that a stage could not use", MetricType::Counter,
       [](const S& s) { return s.failed; });
  f.begin("sluice_stage_frames_dropped_total", "Frames that were let go before a stage, by cause",
          MetricType::Counter);
  for (const auto& s : r.stages)
    for (const auto& [cause, count] : s.dropped) f.add(with(of(s), "cause", cause), count);
  each("sluice_stage_frames_queued", "Frames in a mailbox or in hand", MetricType::Gauge,
       [](const S& s) { return s.queued; });
  each("sluice_stage_held_bytes", "Frames that wait before a stage, or that it keeps",
       MetricType::Gauge, [](const S& s) { return s.held_bytes; });
  each("sluice_stage_restarts_total", "How often a stage was started anew", MetricType::Counter,
       [](const S& s) { return s.restarts; });
  each("sluice_stage_events_dropped_total", "Events for which there was no room",
       MetricType::Counter, [](const S& s) { return s.events_dropped; });
  each("sluice_stage_process_seconds", "What a stage takes for a frame (sums are within 3 %)",
       MetricType::Histogram, [](const S& s) -> const Distribution& { return s.process; });
  each("sluice_stage_wait_seconds", "How long a frame waits in the mailbox", MetricType::Histogram,
       [](const S& s) -> const Distribution& { return s.wait; });
  each("sluice_stage_age_seconds", "From a frame's capture to its coming to a stage",
       MetricType::Histogram, [](const S& s) -> const Distribution& { return s.age; });
  f.begin("sluice_stage_figure", "A stage's own figure, of what it is a figure of",
          MetricType::Gauge);
  for (const auto& s : r.stages)
    for (const auto& [name, values] : s.figures)
      for (const auto& [what, value] : values)
        f.add(with(with(of(s), "figure", name), "of", what), value);
}

void add_sources(Families& f, const Report& r) {
  const auto each = [&](const char* name, const char* help, MetricType type, auto value) {
    f.begin(name, help, type);
    for (const auto& stage : r.stages)
      for (const auto& [source, book] : stage.sources) f.add(of(stage, source), value(book));
  };
  using S = SourceReport;
  each("sluice_source_frames_total", "A source's frames that came to a stage", MetricType::Counter,
       [](const S& s) { return s.in; });
  each("sluice_source_bytes_total", "Their payloads", MetricType::Counter,
       [](const S& s) { return s.bytes; });
  each("sluice_source_missing_total", "Frames that were lost before they came to a stage",
       MetricType::Counter, [](const S& s) { return s.missing; });
  each("sluice_source_failed_total", "A source's frames that a stage could not use",
       MetricType::Counter, [](const S& s) { return s.failed; });
  f.begin("sluice_source_dropped_total", "A source's frames that were let go, by cause",
          MetricType::Counter);
  for (const auto& stage : r.stages)
    for (const auto& [source, book] : stage.sources)
      for (const auto& [cause, count] : book.dropped)
        f.add(with(of(stage, source), "cause", cause), count);
  each("sluice_source_quiet_seconds", "Since a source's last frame came to a stage",
       MetricType::Gauge, [](const S& s) { return seconds(s.quiet); });
  each("sluice_source_age_p99_seconds", "Age at a stage that 99 % of a source's frames are below",
       MetricType::Gauge, [](const S& s) { return s.age.p99 / 1e3; });
}

}  // namespace

std::string metrics_of(const Report& r) {
  Families f({{"graph", r.graph}, {"device", r.device}});
  f.begin("sluice_info", "Which sluice this is", MetricType::Gauge);
  f.add({{"version", SLUICE_VERSION}}, 1.0);
  f.begin("sluice_up_seconds", "Since the graph began", MetricType::Gauge);
  f.add({}, r.wall_s);
  f.begin("sluice_cpu_seconds_total", "CPU time of the process", MetricType::Counter);
  f.add({}, r.cpu_s);
  f.begin("sluice_resident_bytes", "Memory of the process", MetricType::Gauge);
  f.add({}, r.rss_bytes);
  f.begin("sluice_held_bytes", "Frames that queues and stages keep", MetricType::Gauge);
  f.add({}, r.held_bytes);
  f.begin("sluice_memory_limit_bytes", "What they may keep: the graph's memory", MetricType::Gauge);
  f.add({}, r.memory_limit_bytes);
  add_stages(f, r);
  add_sources(f, r);
  f.begin("sluice_events_total", "Events, by name", MetricType::Counter);
  for (const auto& [name, count] : r.events) f.add({{"event", name}}, count);
  return std::move(f).text();
}

}  // namespace sluice::app
