#include "new_stage/templates.hpp"

#include <array>

namespace sluice::app {

std::span<const StageTemplate* const> stage_templates() {
  static const std::array list{&kImageToImage, &kImageToEvents, &kJpegToJpeg, &kJpegToEvents,
                               &kNoneToImage};
  return list;
}

}  // namespace sluice::app
