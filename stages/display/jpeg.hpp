// What a display needs of JPEG: a picture for a browser, and a small picture of a large JPEG.
#pragma once

#include <opencv2/core/mat.hpp>
#include <sluice/media/frame.hpp>
#include <span>

namespace sluice::display {

// Encodes with 4:2:0 chroma. `image` is gray8, bgr8, bgra8 or yuv420. Throws std::runtime_error
// where the encoder refuses it (a side above 65535 pixels).
Encoded to_jpeg(const Image& image, int quality);

// The size that the header tells. Throws std::runtime_error for what isn't a JPEG or has more than
// 100 million pixels.
cv::Size jpeg_size(std::span<const std::uint8_t> jpeg);

// bgr, decoded at the smallest of the decoder's scales (1, 1/2, 1/4, 1/8, ...) that is still at
// least as large as `least`: what isn't shown isn't computed. A damaged or cut off JPEG gives as
// much as can be had. Throws std::runtime_error as above.
cv::Mat jpeg_to_bgr(std::span<const std::uint8_t> jpeg, cv::Size least);

}  // namespace sluice::display
