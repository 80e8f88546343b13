#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sluice/base/nonblocking.hpp>

namespace sluice {

int open_nonblocking(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || (!S_ISFIFO(status.st_mode) && isatty(fd) == 0)) return -1;
  return open(fmt::format("/proc/self/fd/{}", fd).c_str(),
              O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

}  // namespace sluice
