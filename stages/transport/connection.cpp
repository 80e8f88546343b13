#include "transport/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

namespace sluice {
namespace {

std::string text_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET)
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  else if (address.ss_family == AF_INET6)
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text,
              sizeof text);
  return text;
}

std::uint16_t port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

}  // namespace

Connection::Connection(int descriptor, std::optional<std::uint16_t> port)
    : fd_(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
  if (fd_ < 0) return;
  sockaddr_storage own{}, peer{};
  socklen_t own_size = sizeof own, peer_size = sizeof peer;
  const bool there = getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
                     getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
  if (!there || (port && port_of(own) != *port)) {
    close(std::exchange(fd_, -1));
    return;
  }
  address_ = text_of(peer);
}

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(std::move(other.address_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  return *this;
}

std::optional<Traffic> Connection::traffic() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (fd_ < 0 || getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      size < offsetof(tcp_info, tcpi_notsent_bytes) + sizeof info.tcpi_notsent_bytes)
    return {};
  return Traffic{info.tcpi_bytes_received, info.tcpi_bytes_acked,
                 info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0};
}

bool Connection::ended_by_peer() const {
  pollfd state{fd_, POLLRDHUP, 0};
  return fd_ < 0 || (poll(&state, 1, 0) > 0 && state.revents != 0);
}

// A mere shutdown would be seen only when all that has come is read, and of who floods more comes
// all the time. Taking away the address resets a TCP connection at once.
void Connection::cut() const {
  if (fd_ < 0) return;
  const sockaddr none{AF_UNSPEC, {}};
  if (connect(fd_, &none, sizeof none) != 0) shutdown(fd_, SHUT_RDWR);
}

}  // namespace sluice
