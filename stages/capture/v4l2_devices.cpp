#include "capture/v4l2_devices.hpp"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

#include "capture/address.hpp"
#include "capture/v4l2_controls.hpp"
#include "capture/v4l2_modes.hpp"
#include "capture/v4l2_nodes.hpp"

namespace sluice::capture::v4l2 {

std::vector<Device> devices() {
  std::vector<Device> list;
  for (const auto& node : nodes()) {
    if (!node.captures() && node.error == 0) continue;
    Device device{lasting_name(node), node.card, {}, {}};
    const DeviceFile camera(open(node.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (node.error != 0 || camera.get() < 0) {
      const int error = node.error != 0 ? node.error : errno;
      device.name = error == EACCES || error == EPERM
                        ? no_permission(node.path)
                        : "can't be opened: " + std::generic_category().message(error);
    } else {
      for (const auto& mode : modes_of(camera, {})) device.modes.push_back(to_string(mode));
      for (const auto& control : controls_of(camera)) device.controls.push_back(to_string(control));
    }
    list.push_back(std::move(device));
  }
  return list;
}

}  // namespace sluice::capture::v4l2
