#include "capture/libcamera_config.hpp"

#include <fmt/format.h>
#include <libcamera/formats.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "capture/libcamera_controls.hpp"
#include "capture/libcamera_manager.hpp"

namespace sluice::capture {
namespace {

using libcamera::Camera;
using libcamera::CameraConfiguration;
using libcamera::PixelFormat;
using libcamera::StreamConfiguration;
using libcamera::StreamRole;

// Of those that make the same kind the one that costs less comes first. A name is that of a
// little-endian word: RGB888 lies in memory as blue, green, red.
const std::vector<std::pair<PixelFormat, Layout>>& formats() {
  namespace f = libcamera::formats;
  static const std::vector<std::pair<PixelFormat, Layout>> list{
      {f::YUV420, Layout::yuv420},  {f::NV12, Layout::nv12},  {f::YUYV, Layout::yuyv},
      {f::RGB888, Layout::bgr8},    {f::MJPEG, Layout::jpeg}, {f::XRGB8888, Layout::bgra8},
      {f::ARGB8888, Layout::bgra8}, {f::R8, Layout::gray8}};
  return list;
}

// How the picture is turned is where libcamera's versions differ: up to 0.1 a configuration has a
// transform, later an orientation.
template <class Configuration>
auto& direction_of(Configuration& configuration) {
  if constexpr (requires { configuration.transform; })
    return configuration.transform;
  else
    return configuration.orientation;
}

template <class Configuration>
auto direction_after(const Configuration& configuration, libcamera::Transform transform) {
  if constexpr (requires { configuration.transform; })
    return transform;
  else
    return std::remove_cvref_t<decltype(configuration.orientation)>::Rotate0 * transform;
}

std::string sizes_of(const StreamConfiguration& stream, const PixelFormat& format) {
  const auto range = stream.formats().range(format);
  if (range.hStep > 0 && range.min != range.max)
    return fmt::format("{} to {}", range.min.toString(), range.max.toString());
  std::string list;
  for (const auto& size : stream.formats().sizes(format))
    list += (list.empty() ? "" : ", ") + size.toString();
  return list;
}

std::vector<std::string> modes_in(const StreamConfiguration& stream) {
  std::vector<std::string> modes;
  for (const auto& format : stream.formats().pixelformats())
    if (const auto layout = layout_of(format))
      modes.push_back(fmt::format("{} from {}: {}", to_string(kind_of(*layout)), format.toString(),
                                  sizes_of(stream, format)));
  return modes;
}

// Of the formats that make the wished kind, the camera's best.
PixelFormat choose(const StreamConfiguration& stream, Kind kind) {
  const auto has = stream.formats().pixelformats();
  for (const auto& [format, layout] : formats())
    if (kind_of(layout) == kind && std::find(has.begin(), has.end(), format) != has.end())
      return format;
  throw LibcameraError(fmt::format("the camera can't give {}; it can give {}", to_string(kind),
                                   fmt::join(modes_in(stream), "; ")));
}

void ask(StreamConfiguration& stream, const StreamWish& wish, unsigned buffers) {
  stream.pixelFormat = choose(stream, wish.kind);
  if (wish.width > 0) stream.size.width = static_cast<unsigned>(wish.width);
  if (wish.height > 0) stream.size.height = static_cast<unsigned>(wish.height);
  stream.bufferCount = buffers;
  // As JPEG has it: all 256 levels. By itself a camera's video has 219.
  if (kind_of(*layout_of(stream.pixelFormat)) == Kind::yuv420)
    stream.colorSpace = libcamera::ColorSpace::Sycc;
}

void check_agreed(const StreamConfiguration& stream, const StreamWish& wish,
                  const PixelFormat& format, std::string_view what) {
  const auto differs = [](int wished, unsigned got) {
    return wished > 0 && static_cast<unsigned>(wished) != got;
  };
  if (stream.pixelFormat == format && !differs(wish.width, stream.size.width) &&
      !differs(wish.height, stream.size.height))
    return;
  const auto side = [](int wished) { return wished > 0 ? std::to_string(wished) : "any"; };
  throw LibcameraError(
      fmt::format("the camera offers {} {} where {} {}x{} is asked for as {}; it can give {}",
                  stream.pixelFormat.toString(), stream.size.toString(), format.toString(),
                  side(wish.width), side(wish.height), what, fmt::join(modes_in(stream), "; ")));
}

}  // namespace

std::optional<Layout> layout_of(const PixelFormat& format) {
  for (const auto& [ours, layout] : formats())
    if (ours == format) return layout;
  return std::nullopt;
}

Levels levels_of(const StreamConfiguration& stream) {
  const bool limited =
      stream.colorSpace && stream.colorSpace->range == libcamera::ColorSpace::Range::Limited;
  return limited ? Levels::limited : Levels::full;
}

std::unique_ptr<CameraConfiguration> agreed_with(Camera& camera, const LibcameraWish& wish) {
  std::vector<StreamRole> roles{StreamRole::VideoRecording};
  if (wish.preview) roles.push_back(StreamRole::Viewfinder);
  auto configuration = camera.generateConfiguration(roles);
  if (!configuration || configuration->size() < roles.size())
    throw LibcameraError(
        wish.preview ? "the camera gives one stream only: leave `preview` unlinked, and let "
                       "image.resize make the small pictures"
                     : "the camera gives no video");
  ask(configuration->at(0), wish.main, wish.buffers);
  if (wish.preview) ask(configuration->at(1), *wish.preview, wish.buffers);
  std::vector<PixelFormat> asked;
  for (const auto& stream : *configuration) asked.push_back(stream.pixelFormat);
  const auto direction = direction_after(*configuration, wish.transform);
  if (wish.transform != libcamera::Transform::Identity) direction_of(*configuration) = direction;

  if (configuration->validate() == CameraConfiguration::Invalid)
    throw LibcameraError("the camera can't do this at all: " + configuration->at(0).toString());
  if (configuration->size() < roles.size())
    throw LibcameraError("the camera can't give a second stream beside this one");
  check_agreed(configuration->at(0), wish.main, asked[0], "its picture");
  if (wish.preview) check_agreed(configuration->at(1), *wish.preview, asked[1], "its preview");
  if (wish.transform != libcamera::Transform::Identity && direction_of(*configuration) != direction)
    throw LibcameraError(
        "the camera can't turn its pictures that way; image.flip and image.rotate can");
  return configuration;
}

libcamera::ControlList controls_for(const Camera& camera, const LibcameraWish& wish) {
  auto controls = controls_from(wish.controls, camera.controls());
  if (wish.rate <= 0) return controls;
  const auto time = std::llround(1e6 / wish.rate);
  const auto known = camera.controls().find(libcamera::controls::FrameDurationLimits.id());
  if (known == camera.controls().end())
    throw LibcameraError("this camera's rate can't be chosen; leave `rate` out");
  // Shortest and longest time of a frame, in microseconds; a tenth of a percent for rounding.
  const auto& [id, info] = *known;
  const auto bound = [](const libcamera::ControlValue& value, std::int64_t otherwise) {
    if (value.type() != libcamera::ControlTypeInteger64) return otherwise;
    return value.isArray() ? value.get<libcamera::Span<const std::int64_t>>()[0]
                           : value.get<std::int64_t>();
  };
  const auto shortest = bound(info.min(), time), longest = bound(info.max(), time);
  if (time < shortest - shortest / 1000 - 1 || time > longest + longest / 1000 + 1)
    throw LibcameraError(fmt::format(
        "rate = {:g}: the camera has a range of {:.4g} to {:.4g} "
        "frames/s",
        wish.rate, 1e6 / static_cast<double>(longest), 1e6 / static_cast<double>(shortest)));
  const auto within = std::clamp<std::int64_t>(time, shortest, longest);
  const std::int64_t limits[2] = {within, within};
  controls.set(libcamera::controls::FrameDurationLimits,
               libcamera::Span<const std::int64_t, 2>(limits));
  return controls;
}

std::vector<std::string> modes_of(Camera& camera) {
  const auto configuration = camera.generateConfiguration({StreamRole::VideoRecording});
  if (!configuration || configuration->empty()) return {};
  return modes_in(configuration->at(0));
}

}  // namespace sluice::capture
