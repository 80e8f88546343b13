#include "time/html.hpp"

#include <fmt/format.h>

#include "markup.hpp"
#include "time/intervals.hpp"
#include "time/plots.hpp"
#include "time/run_rows.hpp"

namespace sluice::app {
namespace {

std::string text(const Json& of, const char* key) { return markup(of[key].get<std::string>()); }

std::string count(std::size_t n, const char* what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string tag(std::size_t i) {
  return fmt::format("<span class=\"tag {}\">{}</span>", colour(i), letter(i));
}

std::string title_of(const Json& variant, std::size_t i) {
  const auto name = text(variant, "name");
  const auto runs = variant["runs"].size();
  const auto of = runs == 1 ? "one run" : fmt::format("the middle of {} runs", runs);
  return name.empty() ? "All figures: " + of : fmt::format("{} {}: {}", tag(i), name, of);
}

std::string about(const Json& measurement) {
  const auto& machine = measurement["machine"];
  const auto& length = measurement["for_s"];
  std::size_t runs = 0;
  for (const auto& variant : measurement["variants"]) runs += variant["runs"].size();
  return fmt::format(
      "<h1>{}</h1>\n<p>{} of {}, after a warm-up of {} s that is left out; sluice {} as device "
      "{}</p>"
      "\n<p class=\"faint\">{}, {}, {}; {}</p>\n",
      text(measurement, "graph"), count(runs, "run"),
      length.is_number() ? number(length) + " s" : "a length of their own",
      number(measurement["warmup_s"]), text(measurement, "sluice"), text(measurement, "device"),
      text(machine, "host"), text(machine, "system"),
      count(machine["cores"].get<std::size_t>(), "core"), text(measurement, "when"));
}

std::string cell(const std::string& value) { return "<td>" + markup(value) + "</td>"; }

std::string overview(const Json& measurement) {
  std::string page =
      "<div class=\"card scroll\"><table class=\"figures\"><thead>\n"
      "<tr><th rowspan=\"2\" class=\"left\">variant</th><th rowspan=\"2\">runs</th><th "
      "rowspan=\"2\">frames/s</th>"
      "<th colspan=\"4\" class=\"group\">age at the last stage, ms</th>"
      "<th rowspan=\"2\">CPU, ms<br/>a frame</th><th rowspan=\"2\">memory,<br/>MiB</th>"
      "<th rowspan=\"2\" class=\"left\">slowest</th></tr>\n"
      "<tr><th>p50</th><th>p99</th><th>p99.9</th><th>max</th></tr></thead><tbody>\n";
  const auto& variants = measurement["variants"];
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const auto& run = variants[i]["middle"];
    const auto& last = run["stages"][run["last"].get<std::string>()];
    const std::string name = variants[i]["name"];
    page += fmt::format("<tr><th scope=\"row\" class=\"wrap\">{} {}</th><td>{}</td>", tag(i),
                        markup(name.empty() ? "as it is" : name), variants[i]["runs"].size());
    page += cell(number(last["fps"]));
    const Json none;
    const auto& age = last.contains("age_ms") ? last["age_ms"] : none;
    for (const char* part : {"p50", "p99", "p999", "max"})
      page += cell(age.is_null() ? "-" : number(age[part]));
    page += cell(number(run["cpu_ms_per_frame"])) +
            cell(fmt::format("{:.0f}", run["memory"]["peak_bytes"].get<double>() / (1 << 20))) +
            cell(age.is_null() ? "-" : age["slowest"].get<std::string>()) + "</tr>\n";
  }
  return page + "</tbody></table></div>\n";
}

std::string key_of(const Json& measurement) {
  const auto& variants = measurement["variants"];
  if (variants.size() < 2) return "";
  std::string list = "<ul class=\"key\">";
  for (std::size_t i = 0; i < variants.size(); ++i)
    list += fmt::format("<li>{} {}</li>", tag(i), text(variants[i], "name"));
  return list + "</ul>\n";
}

std::string plot(const std::string& title, const std::string& svg, const char* caption) {
  return fmt::format(
      "<figure><h3>{}</h3><div class=\"scroll\">{}</div><figcaption>{}</figcaption></figure>\n",
      title, svg, caption);
}

std::string plots(const Json& measurement) {
  const auto last = markup(measurement["variants"][0]["middle"]["last"].get<std::string>());
  return key_of(measurement) + "<div class=\"plots\">\n" +
         plot("Age along the pipeline", age_by_stage(measurement),
              "When frames reach each stage. Dot: p50, half of them are younger. Wide: to p99. "
              "Thin: to the oldest.") +
         plot(fmt::format("Age at '{}'", last), age_by_share(measurement),
              "At 99 %: of a hundred frames, one is older. As far as there are frames for it.") +
         plot(fmt::format("Frames a second at '{}'", last), rate_by_run(measurement),
              "A dot is a run, in the order in which they were made; the line is their middle.") +
         plot("CPU time along the pipeline", cost_by_stage(measurement),
              "What a frame costs each stage's own thread.") +
         "</div>\n";
}

// `head` stands for the first of the rows.
std::string table(const std::string& head, const std::vector<Row>& rows) {
  std::string page =
      "<div class=\"scroll\"><table class=\"figures\"><thead>" + head + "</thead><tbody>\n";
  for (std::size_t i = 1; i < rows.size(); ++i) {
    page += "<tr><th scope=\"row\">" + markup(rows[i].front()) + "</th>";
    for (std::size_t k = 1; k + 1 < rows[i].size(); ++k) page += cell(rows[i][k]);
    page += "<td class=\"wrap\">" + markup(rows[i].back()) + "</td></tr>\n";
  }
  return page + "</tbody></table></div>\n";
}

std::string head_of(const char* what, bool costs) {
  return fmt::format(
      "<tr><th rowspan=\"2\" class=\"left\">{}</th><th rowspan=\"2\">frames/s</th>"
      "<th colspan=\"2\" class=\"group\">work, ms</th><th class=\"group\">wait, ms</th>"
      "<th colspan=\"6\" class=\"group\">age, ms</th>{}"
      "<th rowspan=\"2\" class=\"left\">lost</th></tr>\n"
      "<tr><th>p50</th><th>p99</th><th>p99</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th>"
      "<th>max</th><th>whose</th>{}</tr>",
      what, costs ? "<th colspan=\"2\" class=\"group\">a frame</th>" : "",
      costs ? "<th>CPU, µs</th><th>allocations</th>" : "");
}

std::string all_figures(const Json& measurement) {
  const auto& variants = measurement["variants"];
  std::string page;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const auto& run = variants[i]["middle"];
    page += fmt::format(
        "<details class=\"card\"{}><summary>{}</summary>\n<h3>Stages</h3>\n{}"
        "<h3>Sources, as '{}' sees them</h3>\n{}<p class=\"faint\">The process: {}</p></details>\n",
        variants.size() <= 2 ? " open=\"\"" : "", title_of(variants[i], i),
        table(head_of("stage", true), stage_rows(run)), text(run, "last"),
        table(head_of("source", false), source_rows(run)), markup(process_text(run)));
  }
  return page;
}

}  // namespace

std::string html_of(const Json& measurement) {
  auto compared = intervals(measurement);
  if (!compared.empty())
    compared = fmt::format(
        "<h2>Compared with {}</h2>\n<p class=\"faint\">The dot is a variant's figure as against "
        "{}'s. "
        "With 95 % certainty the true ratio is within the bar. A pale bar reaches across the line "
        "of no difference: none was found.</p>\n<div class=\"compared\">\n{}</div>\n",
        tag(0), letter(0), compared);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>"
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<title>{}, measured</title>\n<style>{}</style></head>\n<body><main>\n{}"
      "<h2>Overview</h2>\n{}{}<h2>Plots</h2>\n{}<h2>Figures</h2>\n{}</main></body></html>\n",
      text(measurement, "graph"), kHtmlStyle, about(measurement), overview(measurement), compared,
      plots(measurement), all_figures(measurement));
}

}  // namespace sluice::app
