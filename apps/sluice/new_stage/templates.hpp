// The stages that `sluice new-stage` knows to begin with, each in a file of its own.
#pragma once

#include <span>
#include <string_view>

namespace sluice::app {

// In the texts @name@ stands for the new stage's name, and @Class@ for that of its class.
struct StageTemplate {
  std::string_view in, out;  // as --in and --out say them
  std::string_view stage;    // at most 40 lines
  std::string_view test;
  std::string_view graph;  // what is below `plugins`
};

std::span<const StageTemplate* const> stage_templates();

extern const StageTemplate kImageToImage;
extern const StageTemplate kImageToEvents;
extern const StageTemplate kJpegToJpeg;
extern const StageTemplate kJpegToEvents;
extern const StageTemplate kNoneToImage;

}  // namespace sluice::app
