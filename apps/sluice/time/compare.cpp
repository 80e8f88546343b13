#include "time/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace sluice::app {
namespace {

// One of the values where their number is odd, so that whole numbers stay whole.
Json median(std::vector<Json> values) {
  std::sort(values.begin(), values.end());
  const auto n = values.size();
  if (n % 2 == 1) return values[n / 2];
  return (values[n / 2 - 1].get<double>() + values[n / 2].get<double>()) / 2;
}

Json middle_of_objects(const std::vector<Json>& objects, bool counts) {
  Json middle = Json::object();
  std::vector<std::string> keys;
  for (const auto& object : objects)
    for (const auto& [key, value] : object.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  for (const auto& key : keys) {
    std::vector<Json> values;
    for (const auto& object : objects)
      if (object.contains(key)) values.push_back(object[key]);
    if (counts) values.resize(objects.size(), 0);
    middle[key] = key == "dropped" ? middle_of_objects(values, true) : middle_of(values);
  }
  if (!middle.contains("slowest")) return middle;
  const auto slowest =
      std::max_element(objects.begin(), objects.end(),
                       [](const Json& a, const Json& b) { return a["max"] < b["max"]; });
  middle["max"] = (*slowest)["max"];
  middle["slowest"] = (*slowest)["slowest"];
  return middle;
}

// Two-sided 95 %, by degrees of freedom from 1.
double student_t(std::size_t freedom) {
  constexpr std::array t{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                         2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086};
  // Beyond the table, right to within 0.002.
  return freedom <= t.size() ? t[freedom - 1] : 1.96 + 2.5 / static_cast<double>(freedom);
}

struct Figure {
  const char* of;
  const char* more;  // what it says of a variant to have more of it
  const char* less;
  Json::json_pointer (*where)(const std::string& last);
};

const Figure kFigures[] = {
    {"frames/s", "faster", "slower",
     [](const std::string& last) { return Json::json_pointer("/stages/" + last + "/fps"); }},
    {"CPU per frame", "dearer", "cheaper",
     [](const std::string&) { return Json::json_pointer("/cpu_ms_per_frame"); }},
    {"age p50", "older", "younger",
     [](const std::string& last) { return Json::json_pointer("/stages/" + last + "/age_ms/p50"); }},
    {"age p99", "older", "younger",
     [](const std::string& last) { return Json::json_pointer("/stages/" + last + "/age_ms/p99"); }},
};

// Logarithms of the ratios of the runs that both have; empty where the figure isn't there.
std::vector<double> log_ratios(const Variant& one, const Variant& first, const Figure& figure) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < std::min(one.runs.size(), first.runs.size()); ++i) {
    const auto value = [&](const Json& run) {
      const auto where = figure.where(run["last"]);
      return run.contains(where) && run[where].is_number() ? run[where].get<double>() : 0.0;
    };
    const double a = value(one.runs[i]), b = value(first.runs[i]);
    if (a <= 0 || b <= 0) return {};
    logs.push_back(std::log(a / b));
  }
  return logs;
}

// Two digits, and never as 1.5e+02.
std::string percent(double share) {
  const double value = 100 * share;
  return value >= 99.5 ? fmt::format("{:.0f} %", value) : fmt::format("{:.2g} %", value);
}

Json judged(const std::vector<double>& logs, const Figure& figure) {
  const auto n = static_cast<double>(logs.size());
  const double mean = std::accumulate(logs.begin(), logs.end(), 0.0) / n;
  const double ratio = std::exp(mean);
  const auto change =
      fmt::format("{} by {}", ratio > 1 ? figure.more : figure.less, percent(std::abs(ratio - 1)));
  Json json{{"of", figure.of}, {"ratio", ratio}};
  if (logs.size() < 2) {
    json["says"] = (ratio == 1 ? "the same" : change) +
                   " in one run: repeat it to know whether that is chance";
    return json;
  }
  double squares = 0;
  for (const double log : logs) squares += (log - mean) * (log - mean);
  const double half = student_t(logs.size() - 1) * std::sqrt(squares / (n - 1) / n);
  const double low = std::exp(mean - half), high = std::exp(mean + half);
  json["low"] = low;
  json["high"] = high;
  constexpr double kNarrow = 0.1;  // beyond, the two halves of an interval differ too much for a ±
  if (half < std::abs(mean) && half < kNarrow)
    json["says"] = fmt::format("{} ± {}", change, percent((high - low) / 2));
  else if (half < std::abs(mean))
    json["says"] = fmt::format("{} ({} to {})", change,
                               percent(std::min(std::abs(low - 1), std::abs(high - 1))),
                               percent(std::max(std::abs(low - 1), std::abs(high - 1))));
  else if (low == high)
    json["says"] = "no difference";
  else if (const double most = std::max(high - 1, 1 - low); most <= 1)
    json["says"] = fmt::format("no difference (of more than {})", percent(most));
  else
    json["says"] = "no difference (the runs differ too much to tell)";
  return json;
}

}  // namespace

Json middle_of(const std::vector<Json>& runs) {
  std::vector<Json> values;  // null is a figure that a run could not give
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(values),
               [](const Json& j) { return !j.is_null(); });
  if (values.empty()) return nullptr;
  const auto all = [&](auto&& holds) { return std::all_of(values.begin(), values.end(), holds); };
  if (all([](const Json& j) { return j.is_number(); })) return median(std::move(values));
  if (all([](const Json& j) { return j.is_object(); })) return middle_of_objects(values, false);
  if (!all([](const Json& j) { return j.is_array(); })) return values.front();
  Json middle = Json::array();
  std::size_t length = values.front().size();
  for (const auto& value : values) length = std::min(length, value.size());
  for (std::size_t i = 0; i < length; ++i) {
    std::vector<Json> column;
    for (const auto& value : values) column.push_back(value[i]);
    middle.push_back(middle_of(column));
  }
  return middle;
}

Json compare(const std::vector<Variant>& variants) {
  Json comparisons = Json::array();
  for (std::size_t i = 1; i < variants.size(); ++i) {
    Json figures = Json::array();
    for (const auto& figure : kFigures)
      if (const auto logs = log_ratios(variants[i], variants[0], figure); !logs.empty())
        figures.push_back(judged(logs, figure));
    comparisons.push_back(
        {{"variant", variants[i].name}, {"against", variants[0].name}, {"figures", figures}});
  }
  return comparisons;
}

}  // namespace sluice::app
