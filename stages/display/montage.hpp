// Many pictures in one: tiles of columns × rows, each with its source's name below. A pure function
// of its arguments, used by both displays.
#pragma once

#include <display/boxes.hpp>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <sluice/media/frame.hpp>
#include <sluice/media/time.hpp>
#include <string>
#include <vector>

namespace sluice::display {

// More sources than this are not shown: a display's memory is bounded.
inline constexpr std::size_t kMostSources = 256;

struct Tile {
  std::string name;
  cv::Mat picture;  // bgr, of any size; empty: none that can be shown
  std::vector<Annotation> annotations;
  // Set: greyed, and named with how long nothing has come.
  std::optional<Duration> silent;
};

// How tiles are laid out, in order, row by row. Where columns and rows are both given, more sources
// than tiles make further pages. Where one is 0, there are as many as are needed; where both are,
// the smallest grid about as wide as high.
struct MontageLayout {
  int columns = 0;
  int rows = 0;
  int page = 0;                // from 0; past the last one it begins again
  cv::Size cell = {320, 200};  // pixels of a tile, with its caption; see cell_for()
  BoxStyle boxes = {};
};

struct Grid {
  int columns = 1, rows = 1, pages = 1;
  friend bool operator==(const Grid&, const Grid&) = default;
};
Grid grid_for(std::size_t tiles, const MontageLayout& layout);

// A tile `width` pixels wide that is as high as the tallest of these pictures needs, but not higher
// than wide, so that one odd camera doesn't waste the others' room.
cv::Size cell_for(int width, const std::vector<cv::Size>& pictures);

// The size to which a tile's picture is scaled, its shape kept. A picture that already has it isn't
// scaled again.
cv::Size fitted(cv::Size picture, cv::Size cell);

// The picture at that size, in bgr. Scales first and converts after, which is less work.
cv::Mat scaled_bgr(const Image& image, cv::Size size);

// Draws into `canvas`, whose memory is used again where its size fits: one display draws many
// montages. Without tiles it says that no picture has come yet.
void draw_montage(const std::vector<Tile>& tiles, const MontageLayout& layout, cv::Mat& canvas);

}  // namespace sluice::display
