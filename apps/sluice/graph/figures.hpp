// A stage's figures as labels and the sentence about the bottleneck need them.
#pragma once

#include <cstdint>
#include <sluice/graph/plan.hpp>
#include <sluice/observe/report.hpp>
#include <string>

namespace sluice::app {

// What the report says of this stage: nothing but zeros where it doesn't have it.
const StageReport& report_of(const StagePlan& stage, const Report& report);

// Frames feed it; else it makes them itself or takes events only.
bool takes_frames(const StagePlan& stage);

// By the second, over the report's whole time.
double per_second(std::uint64_t count, const Report& report);

// The share of the time that it works, of all its workers; 0 where it has no work time of its own,
// as a source or a sender.
double utilisation(const StagePlan& stage, const Report& report);

// Frames wait for it longer than it takes for one.
bool is_waited_for(const StageReport& stage);

// Frames that it could not take in time: dropped while they waited.
std::uint64_t dropped_waiting(const StageReport& stage);

// "41", "4.1", "0.04".
std::string short_number(double value);

}  // namespace sluice::app
