// What a V4L2 camera tells of its formats, sizes and rates.

#include <linux/videodev2.h>

#include <algorithm>
#include <array>

#include "capture/v4l2_modes.hpp"

namespace sluice::capture::v4l2 {
namespace {

struct Format {
  std::uint32_t fourcc;
  Layout layout;
};

// Pixels come first, those that cost least before those that must be put in order.
constexpr std::array kFormats{
    Format{V4L2_PIX_FMT_YUV420, Layout::yuv420}, Format{V4L2_PIX_FMT_NV12, Layout::nv12},
    Format{V4L2_PIX_FMT_YUYV, Layout::yuyv},     Format{V4L2_PIX_FMT_MJPEG, Layout::jpeg},
    Format{V4L2_PIX_FMT_JPEG, Layout::jpeg},     Format{V4L2_PIX_FMT_BGR24, Layout::bgr8},
    Format{V4L2_PIX_FMT_GREY, Layout::gray8},
};

// A driver that lists without end isn't waited for.
constexpr unsigned kMostListed = 256;

Interval interval_of(const v4l2_fract& fraction) {
  return {fraction.numerator, fraction.denominator};
}

bool makes_sense(const v4l2_fract& interval) {
  return interval.numerator > 0 && interval.denominator > 0;
}

std::vector<Rates> rates_of(const DeviceFile& camera, const Mode& mode, const Wish& wish) {
  std::vector<Rates> rates;
  v4l2_frmivalenum each{};
  each.pixel_format = mode.fourcc;
  const bool wished = wish.width > 0 && mode.has_size(wish.width, wish.height);
  each.width = wished ? wish.width : mode.width.most;
  each.height = wished ? wish.height : mode.height.most;
  for (; each.index < kMostListed && camera.ask(VIDIOC_ENUM_FRAMEINTERVALS, &each) == 0;
       ++each.index) {
    if (each.type == V4L2_FRMIVAL_TYPE_DISCRETE) {
      if (!makes_sense(each.discrete)) continue;
      rates.push_back({interval_of(each.discrete), interval_of(each.discrete)});
    } else {
      const auto& range = each.stepwise;
      if (makes_sense(range.min) && makes_sense(range.max))
        rates.push_back({interval_of(range.max), interval_of(range.min)});
      break;
    }
  }
  return rates;
}

}  // namespace

std::vector<Mode> modes_of(const DeviceFile& camera, const Wish& wish) {
  std::vector<std::uint32_t> there;
  v4l2_fmtdesc format{};
  format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  for (; format.index < kMostListed && camera.ask(VIDIOC_ENUM_FMT, &format) == 0; ++format.index)
    there.push_back(format.pixelformat);
  std::vector<Mode> modes;
  for (const auto& [fourcc, layout] : kFormats) {
    if (std::find(there.begin(), there.end(), fourcc) == there.end()) continue;
    v4l2_frmsizeenum size{};
    size.pixel_format = fourcc;
    for (; size.index < kMostListed && camera.ask(VIDIOC_ENUM_FRAMESIZES, &size) == 0;
         ++size.index) {
      Mode mode{fourcc, layout, {}, {}, {}};
      if (size.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
        mode.width = {size.discrete.width, size.discrete.width, 1};
        mode.height = {size.discrete.height, size.discrete.height, 1};
      } else {
        const auto& range = size.stepwise;
        mode.width = {range.min_width, range.max_width, range.step_width};
        mode.height = {range.min_height, range.max_height, range.step_height};
      }
      mode.rates = rates_of(camera, mode, wish);
      modes.push_back(std::move(mode));
      if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) break;
    }
    // A driver that doesn't tell its sizes may have any.
    if (size.index == 0 && (modes.empty() || modes.back().fourcc != fourcc))
      modes.push_back({fourcc, layout, {1, 65536, 1}, {1, 65536, 1}, {}});
  }
  return modes;
}

}  // namespace sluice::capture::v4l2
