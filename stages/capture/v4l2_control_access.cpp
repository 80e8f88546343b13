// Reads a V4L2 camera's controls, and sets them.

#include <fmt/format.h>
#include <linux/videodev2.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "capture/v4l2_controls.hpp"

namespace sluice::capture::v4l2 {
namespace {

constexpr unsigned kMostControls = 1000;
constexpr std::int64_t kMostEntries = 256;

template <std::size_t n, class Byte>
std::string text_of(const Byte (&bytes)[n]) {
  return {bytes, std::find(bytes, bytes + n, 0)};
}

std::optional<Control> control_of(const DeviceFile& camera, const v4l2_query_ext_ctrl& asked) {
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
      // Its highest bit is no sign.
      control.sort = Control::Sort::bits;
      control.most = static_cast<std::uint32_t>(asked.maximum);
      control.fallback = static_cast<std::uint32_t>(asked.default_value);
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

void set(const DeviceFile& camera, const Control& control, std::int64_t value) {
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

std::vector<Control> controls_of(const DeviceFile& camera) {
  std::vector<Control> controls;
  v4l2_query_ext_ctrl asked{};
  for (unsigned i = 0; i < kMostControls; ++i) {
    asked.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
    if (camera.ask(VIDIOC_QUERY_EXT_CTRL, &asked) != 0) break;
    if (auto control = control_of(camera, asked)) controls.push_back(std::move(*control));
  }
  return controls;
}

void set_controls(const DeviceFile& camera, const std::vector<std::string>& settings) {
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
