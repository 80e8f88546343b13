#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sluice/graph/parameter_value.hpp>
#include <sluice/graph/units.hpp>
#include <utility>

namespace sluice {
namespace {

std::string shown(const ParamValue& raw) { return to_toml(raw, ParamType::text); }

std::string bound(const Parameter& p, double value) {
  switch (p.type) {
    case ParamType::duration:
      return format_duration(Duration(static_cast<std::int64_t>(value)));
    case ParamType::size:
      return format_size(static_cast<std::int64_t>(value));
    case ParamType::integer:
      return std::to_string(static_cast<std::int64_t>(value));
    default:
      return fmt::format("{}", value);
  }
}

// The raw value in the parameter's own type, or nothing.
std::optional<ParamValue> converted(const Parameter& p, const ParamValue& raw) {
  const auto* text = std::get_if<std::string>(&raw);
  const auto* integer = std::get_if<std::int64_t>(&raw);
  switch (p.type) {
    case ParamType::boolean:
      if (std::holds_alternative<bool>(raw)) return raw;
      break;
    case ParamType::integer:
      if (integer) return raw;
      break;
    case ParamType::number:
      if (integer) return static_cast<double>(*integer);
      // No parameter means anything by inf or nan, and a range lets inf through.
      if (const auto* number = std::get_if<double>(&raw); number && std::isfinite(*number))
        return raw;
      break;
    case ParamType::text:
      if (text) return raw;
      break;
    case ParamType::duration:
      if (text)
        if (const auto d = parse_duration(*text)) return std::int64_t{d->count()};
      if (integer && *integer == 0) return std::int64_t{0};
      break;
    case ParamType::size:
      if (text)
        if (const auto s = parse_size(*text)) return *s;
      if (integer && *integer >= 0) return raw;
      break;
    case ParamType::texts:
      if (text) return std::vector<std::string>{*text};
      if (std::holds_alternative<std::vector<std::string>>(raw)) return raw;
      break;
  }
  return std::nullopt;
}

std::string range_error(const Parameter& p, double value) {
  if (value >= p.least && value <= p.most) return {};
  const bool low = p.least > -1e18;
  const bool high = p.most < 1e18;
  const auto unit = p.unit.empty() ? "" : " " + p.unit;
  if (low && high)
    return fmt::format("must be from {} to {}{}", bound(p, p.least), bound(p, p.most), unit);
  if (low) return fmt::format("must be at least {}{}", bound(p, p.least), unit);
  return fmt::format("must be at most {}{}", bound(p, p.most), unit);
}

// Letters to put in, take out, replace, or swap with the next one (optimal string alignment: E.
// Ukkonen, "Algorithms for approximate string matching", 1985, with the swap).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> last;  // the row before `above`
  std::vector<std::size_t> above;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    last = std::exchange(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], last[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::string_view wanted(const Parameter& p) {
  switch (p.type) {
    case ParamType::boolean:
      return "true or false";
    case ParamType::integer:
      return "an integer";
    case ParamType::number:
      return "a number";
    case ParamType::text:
      return "a text in quotes";
    case ParamType::duration:
      return "a duration such as \"200ms\", \"5s\" or \"1m\"";
    case ParamType::size:
      return "a size such as \"500kB\" or \"8MiB\"";
    case ParamType::texts:
      return "a text or a list of texts";
  }
  return "another type";
}

CheckedValue check_value(const Parameter& p, const ParamValue& raw) {
  auto value = converted(p, raw);
  if (!value) {
    const bool has_unit = p.type == ParamType::duration || p.type == ParamType::size;
    const bool text = std::holds_alternative<std::string>(raw);
    return {{},
            fmt::format("takes {}, not {}", wanted(p), shown(raw)),
            {},
            has_unit && text ? ValueFault::unit : ValueFault::type};
  }
  std::string error;
  if (const auto* i = std::get_if<std::int64_t>(&*value))
    error = range_error(p, static_cast<double>(*i));
  if (const auto* d = std::get_if<double>(&*value)) error = range_error(p, *d);
  if (!error.empty()) return {{}, error, {}, ValueFault::range};
  if (const auto* text = std::get_if<std::string>(&*value); text && !p.choices.empty()) {
    if (std::find(p.choices.begin(), p.choices.end(), *text) == p.choices.end()) {
      std::string list;
      for (const auto& choice : p.choices)
        list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", choice);
      return {{},
              fmt::format("must be one of {}", list),
              nearest(*text, p.choices),
              ValueFault::choice};
    }
  }
  return {std::move(*value), {}, {}, ValueFault::none};
}

std::string nearest(std::string_view name, const std::vector<std::string>& names) {
  if (name.size() > 64) return {};
  std::string best;
  // Two letters swapped are two edits; short names take one.
  std::size_t least = (name.size() <= 3 ? 1 : std::max<std::size_t>(2, name.size() / 3)) + 1;
  for (const auto& candidate : names) {
    if (candidate.size() > 64) continue;
    const auto distance = edit_distance(name, candidate);
    if (distance < least) least = distance, best = candidate;
  }
  return best;
}

}  // namespace sluice
