// Reports from files, and the graphs that they are of.
#pragma once

#include <sluice/graph/plan.hpp>
#include <sluice/observe/report.hpp>
#include <string>
#include <vector>

#include "graph/drawing.hpp"

namespace sluice::app {

// Gives each plan the labels and the sentence that its report makes: the one of that graph and
// device, or, where only one plan has the graph's name, whichever device it ran on. Throws
// std::runtime_error that names the file: it is no report, or of no graph that is drawn.
void add_reports(std::vector<DrawnPlan>& plans, const std::vector<std::string>& files);

}  // namespace sluice::app
