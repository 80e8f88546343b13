// The formats, sizes and rates that a V4L2 camera has, and which of them is taken.
#pragma once

#include <cstdint>
#include <optional>
#include <sluice/media/kind.hpp>
#include <string>
#include <vector>

#include "capture/device_file.hpp"
#include "capture/raw_picture.hpp"

namespace sluice::capture::v4l2 {

// From one number to another; most are one number only.
struct Range {
  unsigned least = 0;
  unsigned most = 0;
  unsigned step = 1;

  bool has(unsigned number) const;
  bool one() const { return least == most; }
};

// Between two pictures, in seconds.
struct Interval {
  std::uint32_t numerator = 0;
  std::uint32_t denominator = 0;

  double rate() const { return denominator / static_cast<double>(numerator); }
};

// Within a hundredth, so that 30 is what a camera calls 29.97.
bool about_the_same(double rate, double other);

struct Rates {
  Interval slowest, fastest;  // the same where it is one rate only

  bool has(double rate) const;
};

// One of a format's sizes, or all sizes of a range.
struct Mode {
  std::uint32_t fourcc = 0;
  Layout layout{};
  Range width, height;
  std::vector<Rates> rates;  // empty: the driver tells none, so it is tried

  bool has_size(unsigned wished_width, unsigned wished_height) const;
};

// What the graph asks for; zero: whatever the camera has.
struct Wish {
  std::optional<Kind> kind;
  unsigned width = 0;  // both are given or none
  unsigned height = 0;
  double rate = 0;
};

struct Choice {
  std::uint32_t fourcc = 0;
  Layout layout{};
  unsigned width = 0;
  unsigned height = 0;
  std::optional<Interval> interval;  // none: the camera's own
};

// "YUYV"
std::string name_of(std::uint32_t fourcc);

// Those that Sluice can take, and rather the earlier than the later ones. Rates of a range of sizes
// are those at the wished-for size.
std::vector<Mode> modes_of(const DeviceFile& camera, const Wish& wish);

// The first mode that has all that is wished; of the sizes, if none is wished, `now`'s, the one
// that is set, where it has it. Throws std::runtime_error that lists what there is instead.
Choice choose(const std::vector<Mode>& modes, const Wish& wish, unsigned width_now,
              unsigned height_now);

// "yuv420 (YUYV) 640 x 480 at 15, 30 frames/s"
std::string to_string(const Mode& mode);

}  // namespace sluice::capture::v4l2
