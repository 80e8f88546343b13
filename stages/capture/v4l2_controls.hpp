// What can be set of a V4L2 camera: brightness, exposure, focus.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/device_file.hpp"

namespace sluice::capture::v4l2 {

struct Control {
  enum class Sort { integer, boolean, menu, bits };

  std::uint32_t id = 0;
  std::string name;  // as the driver has it: "Power Line Frequency"
  Sort sort = Sort::integer;
  std::int64_t least = 0;
  std::int64_t most = 0;  // of bits: all that there are
  std::int64_t step = 1;
  std::int64_t fallback = 0;
  std::vector<std::pair<std::int64_t, std::string>> menu;  // number and name of each entry
  bool wide = false;                                       // 64 bits
  bool read_only = false;
  bool inactive = false;  // another control, such as an automatic, decides it now
};

// A control's value as the graph gives it.
struct Setting {
  std::string name;
  std::string value;
};

// "brightness=128". Throws std::invalid_argument for what has no name or no value.
Setting parse_setting(std::string_view text);

// "Power Line Frequency" is power_line_frequency, as v4l2-ctl has it.
std::string plain_name(std::string_view name);

// Which control is meant, and its value. Throw std::runtime_error, with what there is instead.
const Control& control_for(const Setting& setting, const std::vector<Control>& controls);
std::int64_t value_for(const Setting& setting, const Control& control);

// "brightness: 0 to 255, by itself 128"
std::string to_string(const Control& control);

// Those that hold a number; actions, texts and tables are left out.
std::vector<Control> controls_of(const DeviceFile& camera);

// Sets them in their order: after an automatic is off, what it decided can be set. Throws
// std::runtime_error.
void set_controls(const DeviceFile& camera, const std::vector<std::string>& settings);

}  // namespace sluice::capture::v4l2
