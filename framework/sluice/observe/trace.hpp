// A graph's last frames, slice by slice, and the file by which they are looked at: Chrome's Trace
// Event Format, which https://ui.perfetto.dev opens. It is the format's array form, so that the
// files of several devices become one by `jq -s add`.
#pragma once

#include <optional>
#include <ostream>
#include <sluice/observe/flight_recorder.hpp>
#include <sluice/observe/report.hpp>
#include <string>
#include <vector>

namespace sluice {

// As plain data.
struct Trace {
  // One copy of a stage.
  struct Track {
    std::string stage;
    std::size_t worker = 0;
    bool is_source = false;
    bool listens = false;  // its frames come from other devices
    bool is_last = false;  // none of its frames goes on from here to another stage
    FlightRecorder::Taken taken;
  };
  std::vector<Track> tracks;  // in the graph's order
  Duration utc_ahead{};       // of the steady clock, in which slices are
};

// How far the clock of the device that this one sends to is ahead, by the figures that its stages
// report as "clock_offset_ms" and "round_trip_ms" of one address: the address with the smallest
// round trip, which bounds the error.
struct HubClock {
  std::string address;
  double offset_ms = 0, round_trip_ms = 0;
};
std::optional<HubClock> hub_clock(const Report& report);

// Writes it all, in UTC of the hub's clock where that is known. `report` is of the same graph.
void write_trace(std::ostream& out, Trace trace, const Report& report);

}  // namespace sluice
