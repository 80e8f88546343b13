#include "capture/libcamera_controls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <sluice/graph/units.hpp>
#include <string_view>
#include <type_traits>
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
      {"aeflickermode", {"off", "manual", "auto"}},
      {"exposuretimemode", {"auto", "manual"}},
      {"analoguegainmode", {"auto", "manual"}},
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

// How many numbers a control takes. Some pipelines end the process where it is another number.
struct Shape {
  bool array = false;
  std::size_t size = 1;  // 0: any
};

// 0.0.3 doesn't tell.
template <class Id>
Shape shape_of(const Id& id) {
  if constexpr (requires { id.isArray(); }) {
    const bool fixed = id.isArray() && id.size() != libcamera::dynamic_extent;
    return {id.isArray(), !id.isArray() ? 1 : fixed ? id.size() : 0};
  } else {
    static const std::vector<std::pair<std::string_view, std::size_t>> kArrays{
        {"colourgains", 2},
        {"framedurationlimits", 2},
        {"colourcorrectionmatrix", 9},
        {"sensorblacklevels", 4}};
    for (const auto& [name, size] : kArrays)
      if (name == plain(id.name())) return {true, size};
    return {};
  }
}

class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class Number>
void check_range(Number number, const ControlInfo& info) {
  const auto& values = info.values();
  const ControlValue value(number);
  const bool listed =
      values.empty() || std::find(values.begin(), values.end(), value) != values.end();
  const auto comparable = [&](const ControlValue& bound) {
    return bound.type() == value.type() && !bound.isArray();
  };
  // What can't be compared, the camera itself decides.
  const bool within = (!comparable(info.min()) || number >= info.min().get<Number>()) &&
                      (!comparable(info.max()) || number <= info.max().get<Number>());
  if (!listed || !within) throw Refused("has a range of");
}

template <class Number, class Read>
ControlValue value_of(std::string_view text, Shape shape, const ControlInfo& info, Read read) {
  std::vector<Number> numbers;
  for (const auto part : parts_of(text)) {
    const auto value = read(part);
    if (!value) throw Refused("can't be that; it takes");
    if constexpr (std::is_integral_v<Number>)
      if (!std::in_range<Number>(*value)) throw Refused("can't be that; it takes");
    numbers.push_back(static_cast<Number>(*value));
    check_range(numbers.back(), info);
  }
  if (shape.size != 0 && numbers.size() != shape.size)
    throw Refused(fmt::format("takes {} number{}, of", shape.size, shape.size == 1 ? "" : "s"));
  if (!shape.array) return ControlValue(numbers.front());
  return ControlValue(libcamera::Span<const Number>(numbers));
}

std::optional<float> real(std::string_view text) {
  const auto value = number<float>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

ControlValue read_value(const libcamera::ControlId& id, std::string_view text,
                        const ControlInfo& info) {
  const auto control = plain(id.name());
  const auto read_whole = [&](std::string_view part) { return whole(control, part); };
  const auto shape = shape_of(id);
  switch (id.type()) {
    case libcamera::ControlTypeBool: {
      const bool on = text == "true" || text == "1";
      if (!on && text != "false" && text != "0") break;
      check_range(on, info);
      return ControlValue(on);
    }
    case libcamera::ControlTypeByte:
      return value_of<std::uint8_t>(text, shape, info, read_whole);
    case libcamera::ControlTypeInteger32:
      return value_of<std::int32_t>(text, shape, info, read_whole);
    case libcamera::ControlTypeInteger64:
      return value_of<std::int64_t>(text, shape, info, read_whole);
    case libcamera::ControlTypeFloat:
      return value_of<float>(text, shape, info, real);
    default:  // rectangles and what later versions bring
      break;
  }
  throw Refused("can't be that; it takes");
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

// From 0.5 on a camera leaves an exposure time or a gain aside while it chooses that itself, which
// it does until told otherwise. Whoever gives one, and says nothing of who chooses, means it.
void choose_what_is_given(const std::vector<std::string>& names, const ControlInfoMap& known,
                          ControlList& controls) {
  constexpr std::int32_t kManual = 1;
  const auto given = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string name : {"exposuretime", "analoguegain"}) {
    if (!given(name) || given(name + "mode") || given("aeenable")) continue;
    for (const auto& [id, info] : known)
      if (plain(id->name()) == name + "mode") controls.set(id->id(), ControlValue(kManual));
  }
}

}  // namespace

std::pair<std::string_view, std::string_view> parse_control(std::string_view text) {
  const auto equals = text.find('=');
  if (plain(text.substr(0, equals)).empty() || equals == std::string_view::npos)
    throw std::invalid_argument(fmt::format(
        "\"{}\" is not a control's name and its value, such as \"brightness=0.1\"", text));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

ControlList controls_from(const std::vector<std::string>& texts, const ControlInfoMap& known) {
  ControlList controls(libcamera::controls::controls);
  std::vector<std::string> names;
  for (const auto& text : texts) {
    const auto [name, value] = parse_control(text);
    const auto& [id, info] = find(known, name);
    names.push_back(plain(name));
    const auto given = parts_of(value);
    try {
      controls.set(id->id(), read_value(*id, fmt::format("{}", fmt::join(given, ",")), info));
    } catch (const Refused& why) {
      throw LibcameraError(
          fmt::format("\"{}\": {} {} {}", text, id->name(), why.what(), info.toString()));
    }
  }
  choose_what_is_given(names, known, controls);
  return controls;
}

std::vector<std::string> controls_of(const libcamera::Camera& camera) {
  return described(camera.controls());
}

}  // namespace sluice::capture
