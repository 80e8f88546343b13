// An opened device, which is closed with its owner.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::capture {

class DeviceFile {
 public:
  explicit DeviceFile(int fd) : fd_(fd) {}
  ~DeviceFile() {
    if (fd_ >= 0) close(fd_);
  }
  DeviceFile(const DeviceFile&) = delete;
  DeviceFile& operator=(const DeviceFile&) = delete;

  int get() const { return fd_; }

  // Asks the driver; 0, or what errno says.
  int ask(unsigned long request, void* argument) const {
    for (;;) {
      if (ioctl(fd_, request, argument) == 0) return 0;
      if (errno != EINTR) return errno;
    }
  }

 private:
  const int fd_;
};

}  // namespace sluice::capture
