// The V4L2 cameras that are attached.
#pragma once

#include <sluice/graph/stage_type.hpp>
#include <vector>

namespace sluice::capture::v4l2 {

// With a line that says why in the place of its name where one can't be opened.
std::vector<Device> devices();

}  // namespace sluice::capture::v4l2
