// Looks at what is there before OpenCV does, which would only say that it couldn't open it.

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "capture/address.hpp"

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
  std::error_code ignored;  // no /dev to list: there are none
  for (const auto& entry : std::filesystem::directory_iterator("/dev", ignored))
    if (entry.path().filename().string().starts_with("video"))
      list += (list.empty() ? "" : ", ") + entry.path().string();
  return list.empty() ? "there is none here" : "there is " + list;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

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
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    const int error = errno;
    refuse(fmt::format("can't read {}: {}; see who may with: ls -l {}", path, reason(error), path));
  }
}

void check_device(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0)
    refuse(fmt::format("there is no camera at {}; {}", path, cameras_there()));
  if (!S_ISCHR(status.st_mode)) refuse(fmt::format("{} is not a device", path));
  const Descriptor device(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (device.get() < 0) {
    const int error = errno;
    if (error == EACCES || error == EPERM)
      refuse(
          fmt::format("no permission to open {}, which is for the group '{}'; join it with: "
                      "sudo usermod -aG {} $USER, and log in again",
                      path, group_of(status), group_of(status)));
    refuse(fmt::format("can't open {}: {}", path, reason(error)));
  }
  struct v4l2_capability about {};
  if (ioctl(device.get(), VIDIOC_QUERYCAP, &about) != 0)
    refuse(fmt::format("{} is not a camera; {}", path, cameras_there()));
  // One camera has several device files, and not all of them give pictures.
  const auto can =
      (about.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? about.device_caps : about.capabilities;
  if ((can & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) == 0)
    refuse(fmt::format("{} gives no pictures (it may be a camera's second device file); {}", path,
                       cameras_there()));
}

}  // namespace sluice::capture
