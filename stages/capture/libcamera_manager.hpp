// libcamera's one camera manager, and the cameras that it knows.
#pragma once

#include <libcamera/libcamera.h>

#include <memory>
#include <sluice/graph/stage_type.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace sluice::capture {

// A camera that can't be had as it was asked for. The text says which, why, and what there is.
class LibcameraError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A process may have one manager only. It is made for the first who asks, shared, and ended when
// nobody holds it any more. Thread-safe. Throws LibcameraError where it can't begin.
std::shared_ptr<libcamera::CameraManager> libcamera_manager();

// The camera that `wanted` names: an index ("0"), an id, or a part of just one camera's id or
// model; empty: the only one there is. Throws LibcameraError, with the cameras that there are.
std::shared_ptr<libcamera::Camera> find_camera(const libcamera::CameraManager& manager,
                                               const std::string& wanted);

// What its maker calls it; empty if that isn't known.
std::string model_of(const libcamera::Camera& camera);

// Every camera, for `sluice stages capture.libcamera --devices`.
std::vector<Device> libcamera_devices();

}  // namespace sluice::capture
