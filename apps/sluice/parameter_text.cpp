#include "parameter_text.hpp"

#include <fmt/format.h>

namespace sluice::app {
namespace {

std::string range_of(const Parameter& p) {
  const auto bound = [&](double value) {
    if (p.type == ParamType::number) return fmt::format("{}", value);
    const auto quoted = to_toml(static_cast<std::int64_t>(value), p.type);
    return quoted.front() == '"' ? quoted.substr(1, quoted.size() - 2) : quoted;
  };
  const bool low = p.least > -2e9;
  const bool high = p.most < (p.type == ParamType::integer ? 2e9 : 1e18);
  if (low && high) return fmt::format("{} to {}", bound(p.least), bound(p.most));
  if (low) return fmt::format("at least {}", bound(p.least));
  if (high) return fmt::format("at most {}", bound(p.most));
  return {};
}

}  // namespace

std::string wanted_of(const Parameter& p) {
  auto text = std::string(to_string(p.type));
  if (!p.unit.empty()) text += ", " + p.unit;
  if (const auto range = range_of(p); !range.empty()) text += ", " + range;
  for (std::size_t i = 0; i < p.choices.size(); ++i)
    text += fmt::format("{}\"{}\"", i == 0 ? ": " : ", ", p.choices[i]);
  if (p.required) text += ", must be given";
  return text;
}

}  // namespace sluice::app
