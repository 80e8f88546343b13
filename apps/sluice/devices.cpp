#include "devices.hpp"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <sluice/observe/log.hpp>

#include "verbs.hpp"

namespace sluice::app {
namespace {

using Json = nlohmann::ordered_json;

// Names, modes and controls are the device's own words.
void print(const Device& device) {
  fmt::print("{}{}\n", escaped(device.id),
             device.name.empty() ? "" : fmt::format(": {}", escaped(device.name)));
  for (const auto& mode : device.modes) fmt::print("  gives  {}\n", escaped(mode));
  for (const auto& control : device.controls) fmt::print("  has    {}\n", escaped(control));
}

std::string names_of_types_with_devices() {
  std::string names;
  for (const auto* type : StageTypes::all().sorted())
    if (type->devices) names += (names.empty() ? "" : ", ") + type->name;
  return names;
}

}  // namespace

int print_devices(const StageType& type, bool json) {
  if (!type.devices) {
    fmt::print(stderr, "{} opens no devices; these do: {}\n", type.name,
               names_of_types_with_devices());
    return kWrong;
  }
  std::vector<Device> devices;
  try {
    devices = type.devices();
  } catch (const std::exception& e) {  // whatever a driver's library has against it
    fmt::print(stderr, "{}: {}\n", type.name, escaped(e.what()));
    return kFailed;
  }
  if (json) {
    Json list = Json::array();
    for (const auto& d : devices)
      list.push_back(
          {{"id", d.id}, {"name", d.name}, {"modes", d.modes}, {"controls", d.controls}});
    fmt::print("{}\n", list.dump(2, ' ', false, Json::error_handler_t::replace));
    return kDone;
  }
  if (devices.empty()) fmt::print("{} finds no device.\n", type.name);
  for (const auto& device : devices) print(device);
  return kDone;
}

}  // namespace sluice::app
