#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <sluice/graph/units.hpp>

namespace sluice {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 6> kTimes{{{"h", 3'600'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"s", 1'000'000'000},
                                      {"ms", 1'000'000},
                                      {"us", 1'000},
                                      {"ns", 1}}};
constexpr std::array<Unit, 7> kSizes{{{"GiB", 1 << 30},
                                      {"GB", 1'000'000'000},
                                      {"MiB", 1 << 20},
                                      {"MB", 1'000'000},
                                      {"KiB", 1 << 10},
                                      {"kB", 1'000},
                                      {"B", 1}}};

template <std::size_t N>
std::optional<std::int64_t> parse(std::string_view text, const std::array<Unit, N>& units) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  // from_chars reads "inf" and "nan" too.
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (unit.empty()) return number == 0 ? std::optional<std::int64_t>(0) : std::nullopt;
  for (const auto& u : units) {
    if (u.name != unit) continue;
    const double value = number * static_cast<double>(u.factor);
    if (value > 9.2e18) return std::nullopt;
    return static_cast<std::int64_t>(std::llround(value));
  }
  return std::nullopt;
}

// Of texts that parse() takes: any number with a unit, or zero, which needs none and may be
// negative.
template <std::size_t N>
std::string pattern(const std::array<Unit, N>& units) {
  std::string names;
  for (const auto& u : units) names += fmt::format("{}{}", names.empty() ? "" : "|", u.name);
  return fmt::format(R"(^([0-9]+\.?[0-9]*|\.[0-9]+) *({0})$|^-?(0+\.?0*|\.0+) *({0})?$)", names);
}

template <std::size_t N>
std::string format(std::int64_t value, const std::array<Unit, N>& units, bool halves) {
  if (value == 0) return fmt::format("0{}", units.back().name);
  for (const auto& u : units) {
    if (value % u.factor == 0) return fmt::format("{}{}", value / u.factor, u.name);
    if (halves && value > u.factor && (value * 10) % u.factor == 0)
      return fmt::format("{}.{}{}", value / u.factor, value * 10 / u.factor % 10, u.name);
  }
  return fmt::format("{}{}", value, units.back().name);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto ns = parse(text, kTimes);
  return ns ? std::optional(Duration(*ns)) : std::nullopt;
}

std::optional<std::int64_t> parse_size(std::string_view text) { return parse(text, kSizes); }

std::string duration_pattern() { return pattern(kTimes); }
std::string size_pattern() { return pattern(kSizes); }

std::string format_duration(Duration d) {
  const bool room = d.count() < 100'000'000'000'000'000;  // ten times it still fits
  return format(d.count(), kTimes, room);
}
std::string format_size(std::int64_t bytes) { return format(bytes, kSizes, false); }

}  // namespace sluice
