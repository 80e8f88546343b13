#include "capture/libcamera_manager.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <system_error>

#include "capture/address.hpp"
#include "capture/device_file.hpp"
#include "capture/libcamera_config.hpp"
#include "capture/libcamera_controls.hpp"

namespace sluice::capture {
namespace {

using libcamera::Camera;
using libcamera::CameraManager;

std::string list_of(const std::vector<std::shared_ptr<Camera>>& cameras) {
  std::string list;
  for (std::size_t i = 0; i < cameras.size(); ++i)
    list += fmt::format("{}{} = {} ({})", i > 0 ? ", " : "", i, cameras[i]->id(),
                        model_of(*cameras[i]));
  return list;
}

// It tells much on standard error; whoever wants that sets the variable. Done before main(), as the
// environment mustn't change once there are threads.
[[maybe_unused]] const bool quiet = setenv("LIBCAMERA_LOG_LEVELS", "*:ERROR", 0) == 0;

// Why libcamera may see no camera, as it passes over what it can't open.
std::string forbidden() {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/dev", none)) {
    const auto path = entry.path().string();
    if (path.rfind("/dev/media", 0) != 0) continue;
    const DeviceFile file(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0 && (errno == EACCES || errno == EPERM)) return no_permission(path);
  }
  return {};
}

bool named(const Camera& camera, const std::string& part) {
  return camera.id().find(part) != std::string::npos ||
         model_of(camera).find(part) != std::string::npos;
}

}  // namespace

std::shared_ptr<CameraManager> libcamera_manager() {
  static std::mutex mutex;
  static std::unique_ptr<CameraManager> manager;  // guarded, as the next one
  static int users = 0;
  const std::lock_guard lock(mutex);
  if (!manager) {
    auto fresh = std::make_unique<CameraManager>();
    if (const int error = fresh->start(); error != 0)
      throw LibcameraError(fmt::format("libcamera can't begin: {}", std::strerror(-error)));
    manager = std::move(fresh);
  }
  // Under the lock, so that none is made before the last one has ended.
  const auto leave = [](CameraManager*) {
    const std::lock_guard leaving(mutex);
    if (--users > 0) return;
    manager->stop();
    manager.reset();
  };
  ++users;
  return {manager.get(), leave};
}

std::shared_ptr<Camera> find_camera(const CameraManager& manager, const std::string& wanted) {
  const auto cameras = manager.cameras();
  if (cameras.empty()) {
    const auto why = forbidden();
    throw LibcameraError(
        "libcamera finds no camera: " +
        (why.empty() ? "is one attached? A USB camera may be had by capture.v4l2, too" : why));
  }
  std::vector<std::shared_ptr<Camera>> found;
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    if (cameras[i]->id() == wanted || std::to_string(i) == wanted) return cameras[i];
    if (named(*cameras[i], wanted)) found.push_back(cameras[i]);
  }
  if (found.size() == 1) return found.front();
  throw LibcameraError(fmt::format(
      "{}; there are {}",
      wanted.empty()  ? std::string("more than one camera: choose by `camera`")
      : found.empty() ? fmt::format("there is no camera \"{}\"", wanted)
                      : fmt::format("\"{}\" may be one of {} cameras", wanted, found.size()),
      list_of(cameras)));
}

std::string model_of(const Camera& camera) {
  const auto model = camera.properties().get(libcamera::properties::Model);
  return model ? std::string(*model) : std::string();
}

std::vector<Device> libcamera_devices() {
  const auto manager = libcamera_manager();
  std::vector<Device> devices;
  if (manager->cameras().empty())
    if (const auto why = forbidden(); !why.empty()) throw LibcameraError(why);
  for (const auto& camera : manager->cameras())
    devices.push_back({camera->id(), model_of(*camera), modes_of(*camera), controls_of(*camera)});
  return devices;
}

}  // namespace sluice::capture
