#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <display/web_listen.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sluice::display {
namespace {

// Closes the socket unless it is let go.
struct Socket {
  int fd;
  ~Socket() {
    if (fd >= 0) close(fd);
  }
};

[[noreturn]] void cannot_listen(const ListenAddress& where, int error) {
  const auto at = fmt::format("{}:{}", where.host, where.port);
  auto what = std::generic_category().message(error);
  if (!what.empty()) what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
  std::string_view hint = "choose another by listen = \"ADDRESS:PORT\"";
  if (error == EADDRINUSE)
    hint = "is another sluice running? choose another by listen = \"ADDRESS:PORT\"";
  if (error == EACCES) hint = "ports below 1024 are root's; choose another by listen = ...";
  if (error == EADDRNOTAVAIL) hint = "this machine doesn't have that address; see \"ip address\"";
  throw std::runtime_error(fmt::format("cannot listen on {}: {}; {}", at, what, hint));
}

}  // namespace

int open_listener(ListenAddress& where) {
  Socket s{socket(where.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (s.fd < 0) cannot_listen(where, errno);
  // A port that a former run used can be had at once, one that is listened on can't.
  const int on = 1;
  setsockopt(s.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* address = reinterpret_cast<sockaddr*>(&where.address);
  if (bind(s.fd, address, where.length) != 0 || listen(s.fd, 64) != 0) cannot_listen(where, errno);
  where.length = sizeof where.address;
  if (getsockname(s.fd, address, &where.length) != 0) cannot_listen(where, errno);
  where.port = ntohs(where.address.ss_family == AF_INET6
                         ? reinterpret_cast<const sockaddr_in6&>(where.address).sin6_port
                         : reinterpret_cast<const sockaddr_in&>(where.address).sin_port);
  return std::exchange(s.fd, -1);
}

}  // namespace sluice::display
