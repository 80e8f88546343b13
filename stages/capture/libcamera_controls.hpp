// A camera's controls, by the names that libcamera gives them.
#pragma once

#include <libcamera/libcamera.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::capture {

// Name and value in "name=value". Throws std::invalid_argument for what is nothing such.
std::pair<std::string_view, std::string_view> parse_control(std::string_view text);

// "name=value" texts, each as above, as controls of a camera that has those in `known`. A name is
// matched without regard to case, spaces, _ and -, so that "exposure_time" is ExposureTime. Values
// are true or false, numbers, several of them parted by commas, a time for what counts in
// microseconds
// ("10ms"), or the name of a mode ("daylight"). Throws LibcameraError for a name that the camera
// hasn't, with those that it has, for what is no value of that control, and for one out of its
// range.
libcamera::ControlList controls_from(const std::vector<std::string>& texts,
                                     const libcamera::ControlInfoMap& known);

// "Brightness: [-1.0..1.0]", sorted.
std::vector<std::string> controls_of(const libcamera::Camera& camera);

}  // namespace sluice::capture
