// A report as Prometheus reads it.
#pragma once

#include <sluice/observe/report.hpp>
#include <string>

namespace sluice::app {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// The text exposition format: counters since the graph began, mailboxes as they are, histograms of
// seconds. Every frame that a stage lost is in one counter, by its cause.
std::string metrics_of(const Report& report);

}  // namespace sluice::app
