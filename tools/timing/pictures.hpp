// The pictures that a measurement works on, and that it gives to its peers.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace timing {

// The first `count` pictures of a video, or as many as it has. Throws where it has none.
std::vector<cv::Mat> pictures_of(const std::string& video, std::size_t count);

using Jpeg = std::vector<std::uint8_t>;

// The JPEGs of a folder that `sluice_timing jpegs` has written, in order.
std::vector<Jpeg> jpegs_in(const std::string& folder);

}  // namespace timing
