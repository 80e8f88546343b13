// Draws annotations: boxes with what is in them, and text about the whole picture.
#pragma once

#include <opencv2/core/mat.hpp>
#include <sluice/media/annotation.hpp>
#include <span>
#include <string>
#include <string_view>

namespace sluice::display {

// "truth", a synthetic scene's own knowledge, is drawn only on demand: beside a detector's boxes it
// looks like a second detector.
struct BoxStyle {
  bool truth = false;
};

// Is there anything in it that draw_boxes() would draw?
bool has_boxes(std::span<const Annotation> annotations, const BoxStyle& style = {});

// `picture` is bgr, and the caller's own: never a frame's pixels. Boxes may come from a peer, so
// what lies outside of the picture is cut off, and at most the first 256 are drawn.
void draw_boxes(cv::Mat& picture, std::span<const Annotation> annotations,
                const BoxStyle& style = {});

// OpenCV's Hershey fonts know ASCII only, and a peer's text may be anything: the rest turns into
// '?', and what is longer than `most` characters is cut.
std::string drawable(std::string_view text, std::size_t most = 64);

}  // namespace sluice::display
