#include "time/text.hpp"

#include <fmt/format.h>

#include "time/run_rows.hpp"
#include "time/table.hpp"

namespace sluice::app {

std::string text_of_run(const Json& run) {
  std::string text = text_of_rows(stage_rows(run));
  const std::string last = run["last"];
  if (const auto sources = source_rows(run); sources.size() > 2)
    text += fmt::format("\nsources, as '{}' sees them\n{}", last, text_of_rows(sources));
  return text + fmt::format("times in ms; CPU time and allocations a frame; the process: {}\n",
                            process_text(run));
}

std::string text_of(const Json& measurement) {
  std::string text;
  for (const auto& variant : measurement["variants"]) {
    const std::string name = variant["name"];
    const auto runs = variant["runs"].size();
    text += fmt::format("{}{}{}\n", text.empty() ? "" : "\n", name.empty() ? "" : name + ", ",
                        runs == 1 ? "one run" : fmt::format("the middle of {} runs", runs));
    text += text_of_run(variant["middle"]);
  }
  for (const auto& comparison : measurement["comparisons"]) {
    text += fmt::format("\n{} against {}\n", comparison["variant"].get<std::string>(),
                        comparison["against"].get<std::string>());
    for (const auto& figure : comparison["figures"])
      text += fmt::format("  {}: {}\n", figure["of"].get<std::string>(),
                          figure["says"].get<std::string>());
  }
  return text;
}

}  // namespace sluice::app
