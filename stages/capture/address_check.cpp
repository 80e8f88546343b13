// Looks at what is there before OpenCV does, which would only say that it couldn't open it.

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "capture/address.hpp"
#include "capture/device_file.hpp"
#include "capture/v4l2_nodes.hpp"

namespace sluice::capture {
namespace {

[[noreturn]] void refuse(const std::string& text) { throw std::runtime_error(text); }

std::string reason(int error) { return std::generic_category().message(error); }

std::string group_of(const struct stat& status) {
  struct group group {};
  struct group* found = nullptr;
  std::array<char, 4096> memory{};
  if (getgrgid_r(status.st_gid, &group, memory.data(), memory.size(), &found) == 0 && found)
    return found->gr_name;
  return std::to_string(status.st_gid);
}

std::string cameras_there() {
  std::string list;
  for (const auto& node : v4l2::nodes()) {
    if (!node.captures() && node.error == 0) continue;
    list += (list.empty() ? "" : ", ") + node.path;
    if (!node.card.empty()) list += " (" + node.card + ")";
  }
  return list.empty() ? "there is none here" : "there is " + list;
}

// Which of the same card's device files does.
std::string the_one_that_captures(const v4l2::Node& other) {
  for (const auto& node : v4l2::nodes())
    if (node.captures() && node.bus == other.bus)
      return fmt::format("{}'s pictures come from {}", node.card, node.path);
  return cameras_there();
}

}  // namespace

void check_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT)
      refuse(fmt::format("there is no file {}; a relative path starts from {}", path,
                         std::filesystem::current_path().string()));
    refuse(fmt::format("can't look at {}: {}", path, reason(error)));
  }
  if (S_ISDIR(status.st_mode)) refuse(fmt::format("{} is a folder; give one video file", path));
  if (!S_ISREG(status.st_mode))
    refuse(fmt::format("{} is not a regular file; copy the video into one, or give its URL", path));
  if (status.st_size == 0) refuse(fmt::format("{} is empty", path));
  const DeviceFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    const int error = errno;
    refuse(fmt::format("can't read {}: {}; see who may with: ls -l {}", path, reason(error), path));
  }
}

std::string in_use(const std::string& path) {
  return fmt::format("{} is in use by another stage or another program; see by which: fuser -v {}",
                     path, path);
}

std::string no_permission(const std::string& path) {
  const auto text = fmt::format("no permission to open {}", path);
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return text;
  constexpr mode_t kGroups = S_IRGRP | S_IWGRP;
  if ((status.st_mode & kGroups) == kGroups)
    return fmt::format(
        "{}, which is for the group '{}'; join it with: sudo usermod -aG {} $USER, and log in "
        "again",
        text, group_of(status), group_of(status));
  return fmt::format(
      "{}, which only its owner may (mode {:04o}); udev gives cameras to a group: does it run "
      "here?",
      text, status.st_mode & 07777U);
}

void check_device(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0)
    refuse(fmt::format("there is no camera at {}; {}", path, cameras_there()));
  if (!S_ISCHR(status.st_mode)) refuse(fmt::format("{} is not a device", path));
  const DeviceFile device(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (device.get() < 0) {
    const int error = errno;
    if (error == EACCES || error == EPERM) refuse(no_permission(path));
    if (error == EBUSY) refuse(in_use(path));
    refuse(fmt::format("can't open {}: {}", path, reason(error)));
  }
  const auto node = v4l2::node_of(device, path);
  if (node.error != 0) refuse(fmt::format("{} is not a camera; {}", path, cameras_there()));
  if (!node.captures())
    refuse(fmt::format("{} captures no pictures, it {}; {}", path, node.instead(),
                       the_one_that_captures(node)));
}

}  // namespace sluice::capture
