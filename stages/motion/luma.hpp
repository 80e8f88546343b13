// What motion detection looks at: the picture's brightness, smaller and slightly blurred.
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <sluice/media/image.hpp>

#include "motion/scratch.hpp"

namespace sluice {

// Owned by one stage; its result lives in memory that the next picture takes over.
class Luma {
 public:
  // scale: of width and height. blur: the Gaussian's sigma, in pixels of the reduced picture; 0:
  // none.
  Luma(double scale, double blur) : scale_(scale), blur_(blur) {}

  // Of a gray8, bgr8, bgra8 or yuv420 picture; read-only, since it may be the frame's own memory.
  const cv::Mat& of(const Image& image);

 private:
  double scale_;
  double blur_;
  Scratch converted_;
  std::array<Scratch, 2> halves_;
  Scratch reduced_;
  Scratch blurred_;
  cv::Mat plane_;
};

}  // namespace sluice
