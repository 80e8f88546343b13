#include "time/link_text.hpp"

#include <fmt/format.h>

#include <map>

#include "time/table.hpp"

namespace sluice::app {
namespace {

std::string text_of_sources(const Json& sources, double wall_s) {
  std::vector<Row> rows{{"source", "frames/s", "MB/s", "kB a frame", "age counts from"}};
  for (const auto& [name, source] : sources.items()) {
    const double bytes = source["bytes"], frames = source["frames"];
    rows.push_back(
        {name, number(source["fps"]), number(bytes / 1e6 / wall_s),
         frames > 0 ? number(bytes / 1e3 / frames) : "-",
         source.contains("age_from") ? "arrival, as it sends no capture time" : "capture"});
  }
  return text_of_rows(rows);
}

// A line for each thing of which there are figures, a column for each sort of figure.
std::string text_of_figures(const Json& figures) {
  std::map<std::string, Row> lines;
  Row head{""};
  for (const auto& [sort, values] : figures.items()) {
    head.push_back(sort);
    for (const auto& [of, value] : values.items()) {
      auto& line = lines.try_emplace(of, Row{of}).first->second;
      line.resize(head.size() - 1, "-");
      line.push_back(number(value));
    }
  }
  std::vector<Row> rows{head};
  for (auto& [of, line] : lines) {
    line.resize(head.size(), "-");
    rows.push_back(std::move(line));
  }
  return text_of_rows(rows);
}

}  // namespace

std::string text_of_link(const Json& run, const std::string& stage) {
  const auto& of = run["stages"][stage];
  auto text = fmt::format("\n{}", text_of_sources(of["sources"], run["wall_s"]));
  if (of.contains("figures")) text += fmt::format("\n{}", text_of_figures(of["figures"]));
  return text;
}

}  // namespace sluice::app
