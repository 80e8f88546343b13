#include "capture/v4l2_controls.hpp"

#include <fmt/format.h>
#include <linux/videodev2.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace sluice::capture::v4l2 {
namespace {

constexpr unsigned kMostControls = 1000;
constexpr std::int64_t kMostEntries = 256;

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
  return value >= control.least && value <= control.most &&
         (control.step <= 1 || (value - control.least) % control.step == 0);
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

template <std::size_t n, class Byte>
std::string text_of(const Byte (&bytes)[n]) {
  return {bytes, std::find(bytes, bytes + n, 0)};
}

std::optional<Control> control_of(const Descriptor& camera, const v4l2_query_ext_ctrl& asked) {
  Control control;
  control.id = asked.id;
  control.name = text_of(asked.name);
  control.least = asked.minimum;
  control.most = asked.maximum;
  control.step = static_cast<std::int64_t>(asked.step);
  control.fallback = asked.default_value;
  control.wide = asked.type == V4L2_CTRL_TYPE_INTEGER64;
  control.read_only = (asked.flags & V4L2_CTRL_FLAG_READ_ONLY) != 0;
  control.inactive = (asked.flags & V4L2_CTRL_FLAG_INACTIVE) != 0;
  if ((asked.flags & V4L2_CTRL_FLAG_DISABLED) != 0 || asked.nr_of_dims > 0) return std::nullopt;
  switch (asked.type) {
    case V4L2_CTRL_TYPE_INTEGER:
    case V4L2_CTRL_TYPE_INTEGER64:
      return control;
    case V4L2_CTRL_TYPE_BITMASK:
      return control;
    case V4L2_CTRL_TYPE_BOOLEAN:
      control.sort = Control::Sort::boolean;
      return control;
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
      break;
    default:
      return std::nullopt;
  }
  control.sort = Control::Sort::menu;
  const auto last = std::min(control.most, control.least + kMostEntries);
  for (auto number = control.least; number <= last; ++number) {
    v4l2_querymenu entry{};
    entry.id = control.id;
    entry.index = static_cast<std::uint32_t>(number);
    if (camera.ask(VIDIOC_QUERYMENU, &entry) != 0) continue;  // there are gaps
    control.menu.emplace_back(number, asked.type == V4L2_CTRL_TYPE_MENU
                                          ? text_of(entry.name)
                                          : std::to_string(entry.value));
  }
  return control;
}

void set(const Descriptor& camera, const Control& control, std::int64_t value) {
  if (control.read_only)
    throw std::runtime_error(
        fmt::format("the control {} can only be read; leave it out", plain_name(control.name)));
  if (control.inactive)
    throw std::runtime_error(
        fmt::format("the control {} is decided by another one now, such as an automatic; switch "
                    "that off before it in the list",
                    plain_name(control.name)));
  v4l2_ext_control one{};
  one.id = control.id;
  if (control.wide) {
    one.value64 = value;
  } else {
    one.value = static_cast<std::int32_t>(value);
  }
  v4l2_ext_controls all{};
  all.which = V4L2_CTRL_WHICH_CUR_VAL;
  all.count = 1;
  all.controls = &one;
  if (const int error = camera.ask(VIDIOC_S_EXT_CTRLS, &all); error != 0)
    throw std::runtime_error(fmt::format("can't set the control {} to {}: {}",
                                         plain_name(control.name), value,
                                         std::generic_category().message(error)));
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

std::vector<Control> controls_of(const Descriptor& camera) {
  std::vector<Control> controls;
  v4l2_query_ext_ctrl asked{};
  for (unsigned i = 0; i < kMostControls; ++i) {
    asked.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
    if (camera.ask(VIDIOC_QUERY_EXT_CTRL, &asked) != 0) break;
    if (auto control = control_of(camera, asked)) controls.push_back(std::move(*control));
  }
  return controls;
}

void set_controls(const Descriptor& camera, const std::vector<std::string>& settings) {
  if (settings.empty()) return;
  const auto controls = controls_of(camera);
  // All are looked at before one is set.
  for (const auto& text : settings) {
    const auto setting = parse_setting(text);
    value_for(setting, control_for(setting, controls));
  }
  for (const auto& text : settings) {
    const auto setting = parse_setting(text);
    auto control = control_for(setting, controls);
    v4l2_query_ext_ctrl asked{};
    asked.id = control.id;
    // What was set before may have changed who decides it.
    if (camera.ask(VIDIOC_QUERY_EXT_CTRL, &asked) == 0)
      control.inactive = (asked.flags & V4L2_CTRL_FLAG_INACTIVE) != 0;
    set(camera, control, value_for(setting, control));
  }
}

}  // namespace sluice::capture::v4l2
