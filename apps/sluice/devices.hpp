// `sluice stages TYPE --devices`: what is attached to this machine that a stage type could open.
#pragma once

#include <sluice/graph/stage_type.hpp>

namespace sluice::app {

// Prints them, or tells on standard error why they can't be had. Returns the exit status.
int print_devices(const StageType& type, bool json);

}  // namespace sluice::app
