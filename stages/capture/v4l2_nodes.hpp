// The device files of V4L2, /dev/video*, of which one camera often has several.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/device_file.hpp"

namespace sluice::capture::v4l2 {

struct Node {
  std::string path;
  std::string card;       // as its maker calls it; empty: it is none, or can't be opened
  std::string bus;        // where it is attached; the same for all nodes of a card
  std::uint32_t can = 0;  // V4L2_CAP_...
  int error = 0;          // why it can't be opened or asked, as errno has it

  bool captures() const;
  // "gives metadata", where it doesn't capture.
  std::string instead() const;
};

// What an opened device file is of.
Node node_of(const DeviceFile& device, const std::string& path);

// All that there are, by number.
std::vector<Node> nodes();

// Its name in /dev/v4l/by-id, which stays the same wherever it is plugged in; else its path.
std::string lasting_name(const Node& node);

// The path of what a graph calls "0", "/dev/video0", or by a name of /dev/v4l/by-id.
std::string path_of(const std::string& device);

}  // namespace sluice::capture::v4l2
