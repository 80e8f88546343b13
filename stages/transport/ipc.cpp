#include "transport/ipc.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace sluice {
namespace {

constexpr std::string_view kScheme = "ipc://";

// 0: somebody answers there; else why not. Without waiting: a hub that is busy is there too.
int try_to_connect(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) return ENAMETOOLONG;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const int error = connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
  close(fd);
  return error == EAGAIN ? 0 : error;
}

}  // namespace

void clear_way_for(const std::string& address) {
  if (!address.starts_with(kScheme)) return;
  const auto path = address.substr(kScheme.size());
  if (path.starts_with('@') || path == "*") return;  // no file's name; one of ZeroMQ's own
  const auto refuse = [&](std::string_view why) {
    throw std::runtime_error(fmt::format("cannot listen on {}: {}", address, why));
  };
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;  // what else is wrong with it, binding says
  if (!S_ISSOCK(status.st_mode))
    refuse("something is there that is no socket; name another path, or remove it");
  const int error = try_to_connect(path);
  if (error == 0) refuse("another process listens there; stop it, or name another path");
  if (error == ENOENT) return;
  if (error != ECONNREFUSED)
    refuse(
        fmt::format("a socket is there, and it can't be found out whether anybody listens: {}; "
                    "name another path, or remove it",
                    std::generic_category().message(error)));
  if (unlink(path.c_str()) != 0 && errno != ENOENT)
    refuse(fmt::format("a socket is there that nobody listens on, and it can't be removed: {}",
                       std::generic_category().message(errno)));
}

}  // namespace sluice
