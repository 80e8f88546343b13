#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sluice/observe/trace.hpp>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace sluice {
namespace {

// FNV-1a. Not std::hash, which is another one on another device.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// In quarters of a microsecond: the finest step that UTC in microseconds has in a double until the
// year 2041, and so in JavaScript and jq. Anything finer, they would round, so that slices that
// follow each other overlap, and viewers leave them out.
std::int64_t quarters(Duration d) {
  return std::chrono::floor<std::chrono::duration<std::int64_t, std::ratio<1, 4'000'000>>>(d)
      .count();
}

std::string microseconds(std::int64_t quarters) {
  return fmt::format("{:.2f}", static_cast<double>(quarters) / 4);
}

class Writer {
 public:
  Writer(std::ostream& out, const Trace& trace, const Report& report)
      : out_(out),
        process_(fmt::format("{}: {}", report.device, report.graph)),
        pid_(hash_of(process_) & 0x7fffffff),
        flow_(json_text(process_)),
        clock_(hub_clock(report)),
        ahead_(trace.utc_ahead) {
    if (clock_) ahead_ += Duration(std::llround(clock_->offset_ms * 1e6));
  }

  void write(Trace& trace) {
    out_ << "[";
    describe_process();
    for (auto& track : trace.tracks) write(track);
    out_ << "\n]\n";
  }

 private:
  // One event: `fields` go between its braces.
  template <class... Values>
  void event(fmt::format_string<Values...> fields, Values&&... values) {
    line_.clear();
    fmt::format_to(std::back_inserter(line_), "{}\n{{\"pid\":{},", first_ ? "" : ",", pid_);
    first_ = false;
    fmt::format_to(std::back_inserter(line_), fields, std::forward<Values>(values)...);
    line_.push_back('}');
    out_.write(line_.data(), static_cast<std::streamsize>(line_.size()));
  }

  void describe_process() {
    event(R"("ph":"M","name":"process_name","args":{{"name":{}}})", json_text(process_));
    if (clock_)
      event(R"("ph":"M","name":"process_labels","args":{{"labels":{},"clock_of":{},)"
            R"("clock_offset_ms":{:.6f},"round_trip_ms":{:.6f}}})",
            json_text(
                fmt::format("times are by the clock of {}, which is ahead by {:.3f} ms, give or "
                            "take {:.3f} ms",
                            clock_->address, clock_->offset_ms, clock_->round_trip_ms)),
            json_text(clock_->address), clock_->offset_ms, clock_->round_trip_ms);
    else
      event(R"("ph":"M","name":"process_labels","args":{{"labels":{}}})",
            json_text("times are by this device's own clock"));
  }

  std::uint64_t add_track(const std::string& name) {
    const auto tid = ++tids_;
    event(R"("tid":{},"ph":"M","name":"thread_name","args":{{"name":{}}})", tid, json_text(name));
    event(R"("tid":{0},"ph":"M","name":"thread_sort_index","args":{{"sort_index":{0}}})", tid);
    return tid;
  }

  void write(Trace::Track& track) {
    std::string name = track.stage;
    if (track.worker > 0) name += fmt::format(", worker {}", track.worker + 1);
    auto& slices = track.taken.slices;
    std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) {
      return std::tie(a.start, a.length) < std::tie(b.start, b.length);
    });
    names_.clear();
    for (const auto& each : track.taken.names) names_.push_back(json_text(each));
    // Slices of one track must not overlap: where a stage has several frames in hand, each has a
    // track of its own.
    struct Lane {
      std::uint64_t tid;
      SteadyTime free;
    };
    std::vector<Lane> lanes{{add_track(name), SteadyTime::min()}};
    if (track.taken.left_out > 0 && !slices.empty())
      event(R"("tid":{},"ph":"i","s":"t","name":{},"ts":{})", lanes[0].tid,
            json_text(fmt::format("{} older slices are left out", track.taken.left_out)),
            microseconds(time_of(slices[0].start) - 1));  // before the slice, not in it
    for (const auto& slice : slices) {
      if (slice.fate == Slice::Fate::refused) {
        write_refused(track, slice, lanes[0].tid);
        continue;
      }
      auto lane = std::find_if(lanes.begin(), lanes.end(),
                               [&](const Lane& l) { return l.free <= slice.start; });
      if (lane == lanes.end())
        lane = lanes.insert(
            lane, {add_track(fmt::format("{} ({} at once)", name, lanes.size() + 1)), {}});
      lane->free = slice.start + slice.length;
      write(track, slice, lane->tid);
    }
  }

  void write(const Trace::Track& track, const Slice& slice, std::uint64_t tid) {
    const auto start = time_of(slice.start);
    const auto& source = names_[slice.source];
    event(R"("tid":{},"ph":"X","name":{},"cat":{},"ts":{},"dur":{},"args":{{"source":{},)"
          R"("sequence":{},"age_ms":{:.3f}{}}})",
          tid, name_of(track, slice), source, microseconds(start),
          microseconds(time_of(slice.start + slice.length) - start), source, slice.sequence,
          milliseconds(slice.age),
          track.is_source ? std::string()
                          : fmt::format(R"(,"wait_ms":{:.3f})", milliseconds(slice.wait)));
    write_flows(track, slice, tid, microseconds(start));
  }

  void write_refused(const Trace::Track& track, const Slice& slice, std::uint64_t tid) {
    const auto& source = names_[slice.source];
    event(R"("tid":{},"ph":"i","s":"t","name":{},"cat":{},"ts":{},"args":{{"source":{},)"
          R"("sequence":{},"age_ms":{:.3f}}})",
          tid, name_of(track, slice), source, microseconds(time_of(slice.start)), source,
          slice.sequence, milliseconds(slice.age));
  }

  static std::string name_of(const Trace::Track& track, const Slice& slice) {
    switch (slice.fate) {
      case Slice::Fate::done:
        return track.is_source ? R"("hand on")" : R"("process")";
      case Slice::Fate::failed:
        return R"("failed")";
      case Slice::Fate::dropped:
      case Slice::Fate::refused:
        break;
    }
    return json_text("dropped: " + track.taken.names[slice.cause]);
  }

  // A flow's name and category belong to its identity. So one id stands for the frame everywhere,
  // yet a flow within each device (named after it) has its own start, and is whole without the
  // other devices' files; and one from device to device joins them.
  void write_flows(const Trace::Track& track, const Slice& slice, std::uint64_t tid,
                   const std::string& ts) {
    const auto& source = names_[slice.source];
    const auto id = hash_of(fmt::format("{}/{}", track.taken.names[slice.source], slice.sequence));
    const auto flow = [&](std::string_view phase, std::string_view name) {
      event(R"("tid":{},"ph":"{}","bp":"e","name":{},"cat":{},"id":"{:#018x}","ts":{})", tid, phase,
            name, source, id, ts);
    };
    const bool first = seen_.insert(id).second;
    flow(first ? "s" : track.is_last ? "f" : "t", flow_);
    if (!track.is_source) return;
    constexpr std::string_view kBetween = R"("between devices")";
    if (track.listens)
      flow("t", kBetween);
    else if (first)
      flow("s", kBetween);
  }

  std::int64_t time_of(SteadyTime time) const { return quarters(time.time_since_epoch() + ahead_); }

  std::ostream& out_;
  const std::string process_;
  const std::uint64_t pid_;
  const std::string flow_;  // the name of flows within this process
  const std::optional<HubClock> clock_;
  Duration ahead_;  // of the steady clock
  fmt::memory_buffer line_;
  bool first_ = true;
  std::uint64_t tids_ = 0;
  std::vector<std::string> names_;          // of the track at hand
  std::unordered_set<std::uint64_t> seen_;  // flows that have begun; tracks come in their order
};

}  // namespace

std::optional<HubClock> hub_clock(const Report& report) {
  std::optional<HubClock> best;
  for (const auto& stage : report.stages) {
    const auto offsets = stage.figures.find("clock_offset_ms");
    const auto round_trips = stage.figures.find("round_trip_ms");
    if (offsets == stage.figures.end() || round_trips == stage.figures.end()) continue;
    for (const auto& [address, round_trip] : round_trips->second) {
      const auto offset = offsets->second.find(address);
      if (offset == offsets->second.end() || (best && best->round_trip_ms <= round_trip)) continue;
      best = HubClock{address, offset->second, round_trip};
    }
  }
  return best;
}

void write_trace(std::ostream& out, Trace trace, const Report& report) {
  Writer(out, trace, report).write(trace);
}

}  // namespace sluice
