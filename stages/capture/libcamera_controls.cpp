#include "capture/libcamera_controls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <sluice/graph/units.hpp>
#include <string_view>
#include <utility>

#include "capture/libcamera_manager.hpp"

namespace sluice::capture {
namespace {

using libcamera::ControlInfo;
using libcamera::ControlInfoMap;
using libcamera::ControlList;
using libcamera::ControlValue;

std::string plain(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (c != ' ' && c != '_' && c != '-')
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return plain;
}

// The modes by name, in the order of their numbers, which are the same in every version; 0.0.3 has
// no names to ask for.
const std::vector<std::string_view>* modes_named(std::string_view control) {
  static const std::vector<std::pair<std::string_view, std::vector<std::string_view>>> kModes{
      {"aemeteringmode", {"centreweighted", "spot", "matrix", "custom"}},
      {"aeconstraintmode", {"normal", "highlight", "shadows", "custom"}},
      {"aeexposuremode", {"normal", "short", "long", "custom"}},
      {"awbmode",
       {"auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy",
        "custom"}},
      {"afmode", {"manual", "auto", "continuous"}},
      {"afrange", {"normal", "macro", "full"}},
      {"afspeed", {"normal", "fast"}},
      {"noisereductionmode", {"off", "fast", "highquality", "minimal", "zsl"}},
  };
  for (const auto& [name, modes] : kModes)
    if (name == control) return &modes;
  return nullptr;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A whole number, a mode's name, or a time.
std::optional<std::int64_t> whole(std::string_view control, std::string_view text) {
  if (const auto value = number<std::int64_t>(text)) return value;
  if (const auto* modes = modes_named(control)) {
    const auto mode = std::find(modes->begin(), modes->end(), plain(text));
    if (mode != modes->end()) return mode - modes->begin();
  }
  const bool microseconds = control == "exposuretime" || control == "framedurationlimits";
  if (!microseconds) return std::nullopt;
  const auto time = parse_duration(text);
  if (!time) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::microseconds>(*time).count();
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto comma = text.find(',');
    auto part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    parts.push_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

// One number, or as many as an array has; nothing where a part of the text is none.
template <class Number, class Read>
std::optional<ControlValue> value_of(std::string_view text, Read read) {
  std::vector<Number> numbers;
  for (const auto part : parts_of(text)) {
    const auto value = read(part);
    if (!value || !std::in_range<Number>(*value)) return std::nullopt;
    numbers.push_back(static_cast<Number>(*value));
  }
  if (numbers.size() == 1) return ControlValue(numbers.front());
  return ControlValue(libcamera::Span<const Number>(numbers));
}

std::optional<ControlValue> read_value(const libcamera::ControlId& id, std::string_view text) {
  const auto control = plain(id.name());
  const auto read_whole = [&](std::string_view part) { return whole(control, part); };
  switch (id.type()) {
    case libcamera::ControlTypeBool:
      if (text == "true" || text == "1") return ControlValue(true);
      if (text == "false" || text == "0") return ControlValue(false);
      return std::nullopt;
    case libcamera::ControlTypeByte:
      return value_of<std::uint8_t>(text, read_whole);
    case libcamera::ControlTypeInteger32:
      return value_of<std::int32_t>(text, read_whole);
    case libcamera::ControlTypeInteger64:
      return value_of<std::int64_t>(text, read_whole);
    case libcamera::ControlTypeFloat: {
      std::vector<float> numbers;
      for (const auto part : parts_of(text)) {
        const auto value = number<float>(part);
        if (!value) return std::nullopt;
        numbers.push_back(*value);
      }
      if (numbers.size() == 1) return ControlValue(numbers.front());
      return ControlValue(libcamera::Span<const float>(numbers));
    }
    default:  // rectangles and what later versions bring
      return std::nullopt;
  }
}

template <class Number>
bool within(const ControlValue& value, const ControlInfo& info) {
  if (info.min().type() != value.type() || info.max().type() != value.type()) return true;
  if (value.isArray() || info.min().isArray()) return true;
  const auto number = value.get<Number>();
  return number >= info.min().get<Number>() && number <= info.max().get<Number>();
}

// What can't be compared, the camera itself decides.
bool within(const ControlValue& value, const ControlInfo& info) {
  const auto& values = info.values();
  if (!values.empty() && !value.isArray())
    return std::find(values.begin(), values.end(), value) != values.end();
  switch (value.type()) {
    case libcamera::ControlTypeBool:
      return within<bool>(value, info);
    case libcamera::ControlTypeByte:
      return within<std::uint8_t>(value, info);
    case libcamera::ControlTypeInteger32:
      return within<std::int32_t>(value, info);
    case libcamera::ControlTypeInteger64:
      return within<std::int64_t>(value, info);
    case libcamera::ControlTypeFloat:
      return within<float>(value, info);
    default:
      return true;
  }
}

std::vector<std::string> described(const ControlInfoMap& known) {
  std::vector<std::string> list;
  for (const auto& [id, info] : known)
    list.push_back(fmt::format("{}: {}", id->name(), info.toString()));
  std::sort(list.begin(), list.end());
  return list;
}

const ControlInfoMap::value_type& find(const ControlInfoMap& known, std::string_view name) {
  for (const auto& entry : known)
    if (plain(entry.first->name()) == plain(name)) return entry;
  const auto has = described(known);
  throw LibcameraError(fmt::format(
      "the camera has no control \"{}\"; {}", name,
      has.empty() ? std::string("it has none") : fmt::format("it has {}", fmt::join(has, ", "))));
}

}  // namespace

ControlList controls_from(const std::vector<std::string>& texts, const ControlInfoMap& known) {
  ControlList controls(libcamera::controls::controls);
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos)
      throw LibcameraError(fmt::format("\"{}\" is no control; write \"name=value\"", text));
    const auto& [id, info] = find(known, std::string_view(text).substr(0, equals));
    const auto given = parts_of(std::string_view(text).substr(equals + 1));
    const auto value = read_value(*id, fmt::format("{}", fmt::join(given, ",")));
    if (!value)
      throw LibcameraError(
          fmt::format("\"{}\": {} can't be that; it takes {}", text, id->name(), info.toString()));
    if (!within(*value, info))
      throw LibcameraError(
          fmt::format("\"{}\": {} has a range of {}", text, id->name(), info.toString()));
    controls.set(id->id(), *value);
  }
  return controls;
}

std::vector<std::string> controls_of(const libcamera::Camera& camera) {
  return described(camera.controls());
}

}  // namespace sluice::capture
