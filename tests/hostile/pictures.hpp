// JPEGs that cost who decodes them far more than who sends them.
#pragma once

#include <string>

namespace test {

// Of one colour: some kilobytes a hundred megapixels.
std::string flat_jpeg(int width, int height);

// Progressive, in as many scans, each of which goes over all of the picture.
std::string jpeg_of_scans(int width, int height, int scans);

// As webcams of Logitech's C270 kind make them: sound, but with bytes that are nobody's before the
// restart markers.
std::string webcam_jpeg(int width, int height);

}  // namespace test
