// The dashboard's part of the page, in the program: a section, its style and its script.
#pragma once

#include <string>
#include <string_view>

namespace sluice::app {

std::string dashboard_section(const std::string& graph, const std::string& device);
std::string dashboard_style();
extern const std::string_view kDashboardScript;

}  // namespace sluice::app
