// A run's figures as rows of text, for a terminal and for a page.
#pragma once

#include "time/table.hpp"

namespace sluice::app {

// A row a stage. The first row is the head.
std::vector<Row> stage_rows(const Json& run);

// A row a source, as the last stage sees it.
std::vector<Row> source_rows(const Json& run);

// The whole process: CPU time and memory.
std::string process_text(const Json& run);

}  // namespace sluice::app
