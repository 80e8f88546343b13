// What holds a graph up, by its figures.
#pragma once

#include <sluice/graph/plan.hpp>
#include <sluice/observe/report.hpp>
#include <string>

namespace sluice::app {

// One sentence: the stage that the others wait for, how long it takes for a frame, and who loses
// how many frames: "motion holds the graph up: 41 ms a frame; it drops 6 of 30 frames/s". Where
// nothing does, which stage is the busiest. Says no more than the figures show.
std::string bottleneck(const Plan& plan, const Report& report);

}  // namespace sluice::app
