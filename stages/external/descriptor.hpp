// A file descriptor that is closed with its owner.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace sluice::external {

class Descriptor {
 public:
  Descriptor() = default;
  // Takes it over. Throws std::system_error that names `what` failed where it is none.
  Descriptor(int fd, const char* what) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  }
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void reset() {
    if (open()) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

// No process that this one starts inherits them.
struct Pipe {
  Descriptor read, write;
};
inline Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {Descriptor(ends[0], "pipe"), Descriptor(ends[1], "pipe")};
}

}  // namespace sluice::external
