#include "capture/v4l2_nodes.hpp"

#include <fcntl.h>
#include <linux/videodev2.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace sluice::capture::v4l2 {
namespace {

namespace fs = std::filesystem;

const fs::path kById = "/dev/v4l/by-id";

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

template <std::size_t n>
std::string text_of(const std::uint8_t (&bytes)[n]) {
  return {bytes, std::find(bytes, bytes + n, 0)};
}

}  // namespace

bool Node::captures() const {
  // What converts pictures in memory captures, too, but not from a camera.
  constexpr auto gives = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE;
  constexpr auto takes = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE | V4L2_CAP_VIDEO_M2M |
                         V4L2_CAP_VIDEO_M2M_MPLANE;
  return (can & gives) != 0 && (can & takes) == 0;
}

std::string Node::instead() const {
  if (can & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE)) return "converts them in memory";
  if (can & (V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE))
    return "shows or sends what it is given";
  if (can & V4L2_CAP_META_CAPTURE) return "gives metadata";
  if (can & V4L2_CAP_META_OUTPUT) return "takes metadata";
  if (can & (V4L2_CAP_VBI_CAPTURE | V4L2_CAP_SLICED_VBI_CAPTURE)) return "gives teletext";
  if (can & (V4L2_CAP_SDR_CAPTURE | V4L2_CAP_RADIO)) return "is a radio";
  return "gives something else";
}

Node node_of(const DeviceFile& device, const std::string& path) {
  Node node{path, {}, {}, 0, 0};
  v4l2_capability about{};
  node.error = device.ask(VIDIOC_QUERYCAP, &about);
  if (node.error != 0) return node;
  node.card = text_of(about.card);
  node.bus = text_of(about.bus_info);
  // Older drivers tell only what all nodes of the card can do together.
  node.can =
      (about.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? about.device_caps : about.capabilities;
  return node;
}

std::vector<Node> nodes() {
  std::vector<int> numbers;
  std::error_code none;  // no /dev to list: there are none
  for (const auto& entry : fs::directory_iterator("/dev", none)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("video") || name.size() > 8 || !all_digits(name.substr(5))) continue;
    int number = 0;
    if (std::from_chars(name.data() + 5, name.data() + name.size(), number).ec == std::errc())
      numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<Node> list;
  for (const int number : numbers) {
    const auto path = "/dev/video" + std::to_string(number);
    const DeviceFile device(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    list.push_back(device.get() < 0 ? Node{path, {}, {}, 0, errno} : node_of(device, path));
  }
  return list;
}

std::string lasting_name(const Node& node) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kById, none))
    if (fs::canonical(entry.path(), none) == node.path) return entry.path().filename().string();
  return node.path;
}

std::string path_of(const std::string& device) {
  if (device.starts_with('/')) return device;
  if (all_digits(device)) return "/dev/video" + device;
  return kById / device;
}

}  // namespace sluice::capture::v4l2
