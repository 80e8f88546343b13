#include "capture/v4l2_controls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace sluice::capture::v4l2 {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What it takes: "0 to 255 in steps of 5", "true or false", "0 (Disabled), 1 (50 Hz)".
std::string values_text(const Control& control) {
  if (control.sort == Control::Sort::boolean) return "true or false";
  if (control.sort == Control::Sort::bits)
    return fmt::format("any of the bits in {} (0x{:x})", control.most, control.most);
  if (control.sort == Control::Sort::integer)
    return fmt::format("{} to {}{}", control.least, control.most,
                       control.step > 1 ? fmt::format(" in steps of {}", control.step) : "");
  std::string text;
  for (const auto& [number, name] : control.menu)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", number, name);
  return text;
}

bool takes(const Control& control, std::int64_t value) {
  if (control.sort == Control::Sort::menu)
    return std::any_of(control.menu.begin(), control.menu.end(),
                       [&](const auto& entry) { return entry.first == value; });
  // Others would be left out without a word.
  if (control.sort == Control::Sort::bits) return (value & ~control.most) == 0;
  return value >= control.least && value <= control.most &&
         (control.step <= 1 ||
          (static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(control.least)) %
                  static_cast<std::uint64_t>(control.step) ==
              0);
}

std::optional<std::int64_t> read_value(std::string_view text, const Control& control) {
  // An integer menu's names are numbers, too: its places come first.
  const auto number = number_in(text);
  if (number && (control.sort != Control::Sort::menu || takes(control, *number))) return number;
  const auto plain = plain_name(text);
  if (control.sort == Control::Sort::boolean) {
    if (plain == "true") return 1;
    if (plain == "false") return 0;
  }
  for (const auto& [place, name] : control.menu)
    if (plain_name(name) == plain) return place;
  return std::nullopt;
}

}  // namespace

Setting parse_setting(std::string_view text) {
  const auto equals = text.find('=');
  const auto name = trimmed(text.substr(0, equals));
  const auto value =
      equals == std::string_view::npos ? std::string_view() : trimmed(text.substr(equals + 1));
  if (plain_name(name).empty() || value.empty())
    throw std::invalid_argument(fmt::format(
        "\"{}\" is not a control's name and its value, such as \"brightness=128\"", text));
  return {std::string(name), std::string(value)};
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const unsigned char c : name) {
    if (std::isalnum(c) != 0) {
      plain += static_cast<char>(std::tolower(c));
    } else if (!plain.empty() && plain.back() != '_') {
      plain += '_';
    }
  }
  if (plain.ends_with('_')) plain.pop_back();
  return plain;
}

const Control& control_for(const Setting& setting, const std::vector<Control>& controls) {
  const auto plain = plain_name(setting.name);
  const auto found = std::find_if(controls.begin(), controls.end(), [&](const Control& control) {
    return plain_name(control.name) == plain;
  });
  if (found != controls.end()) return *found;
  std::vector<std::string> names;
  for (const auto& control : controls) names.push_back(plain_name(control.name));
  throw std::runtime_error(fmt::format(
      "it has no control {}; it has {}", setting.name,
      names.empty() ? "none that could be set" : fmt::format("{}", fmt::join(names, ", "))));
}

std::int64_t value_for(const Setting& setting, const Control& control) {
  const auto value = read_value(setting.value, control);
  if (value && takes(control, *value)) return *value;
  throw std::runtime_error(fmt::format("the control {} can't be \"{}\"; it takes {}",
                                       plain_name(control.name), setting.value,
                                       values_text(control)));
}

std::string to_string(const Control& control) {
  auto fallback = std::to_string(control.fallback);
  if (control.sort == Control::Sort::boolean) fallback = control.fallback != 0 ? "true" : "false";
  return fmt::format("{}: {}, by itself {}{}{}", plain_name(control.name), values_text(control),
                     fallback, control.read_only ? "; can only be read" : "",
                     control.inactive ? "; decided by another control now" : "");
}

}  // namespace sluice::capture::v4l2
