// Between yuv420's planes and colours in one plane, in one pass, by TurboJPEG: the full range of
// levels as in JPEGs, which OpenCV's own conversions of such planes don't know.
#pragma once

#include <opencv2/core/mat.hpp>
#include <sluice/media/image.hpp>

namespace sluice::codec {

// Of bgr8 or bgra8 pixels, whose alpha is left out. Throws FrameError where TurboJPEG refuses, such
// as a picture above 65500 pixels wide.
Image yuv420_of(const cv::Mat& pixels);

// bgr8 or bgra8, which is opaque, of a yuv420 picture. Throws as above.
cv::Mat colours_of(const Image& yuv420, Kind format);

}  // namespace sluice::codec
