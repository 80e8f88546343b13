#include "tcp.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace test {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(const std::string& address) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

int new_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  return fd;
}

bool ready(int fd, short events, std::chrono::milliseconds limit) {
  pollfd p{fd, events, 0};
  return poll(&p, 1, static_cast<int>(limit.count())) > 0;
}

}  // namespace

Tcp::Tcp(const std::string& address) : fd_(new_socket()) {
  const auto a = loopback(address);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0) return;
  const int error = errno;
  close(fd_);
  throw std::system_error(error, std::generic_category(), "connect");
}

Tcp::~Tcp() {
  if (fd_ >= 0) close(fd_);
}

Tcp::Tcp(Tcp&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

bool Tcp::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size() && ready(fd_, POLLOUT, std::chrono::seconds(1))) {
    const auto n =
        ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) return false;
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  return true;
}

std::string Tcp::receive(std::size_t size, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::string bytes;
  while (bytes.size() < size) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !ready(fd_, POLLIN, left)) break;
    std::string more(size - bytes.size(), '\0');
    const auto n = recv(fd_, more.data(), more.size(), 0);
    if (n <= 0) break;
    bytes.append(more, 0, static_cast<std::size_t>(n));
  }
  return bytes;
}

Tcp::End Tcp::end(std::chrono::milliseconds limit) {
  char byte = 0;
  if (!ready(fd_, POLLIN, limit)) return End::none;
  const auto n = recv(fd_, &byte, 1, MSG_PEEK);
  return n == 0 ? End::orderly : n < 0 ? End::reset : End::none;
}

void Tcp::reset() {
  const linger none{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(std::exchange(fd_, -1));
}

void Tcp::half_close() { shutdown(fd_, SHUT_WR); }

TcpListener::TcpListener(const std::string& wanted) : fd_(new_socket()) {
  auto a = loopback(wanted);
  const int on = 1;  // the address may just have been another's
  setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof a;
  auto* address = reinterpret_cast<sockaddr*>(&a);
  if (bind(fd_, address, size) != 0 || listen(fd_, 64) != 0 ||
      getsockname(fd_, address, &size) != 0)
    fail("listen");
  address_ = "127.0.0.1:" + std::to_string(ntohs(a.sin_port));
}

TcpListener::~TcpListener() { close(fd_); }

Tcp TcpListener::accept() {
  if (!ready(fd_, POLLIN, std::chrono::seconds(10)))
    throw std::runtime_error("nobody has connected within 10 s");
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) fail("accept");
  return Tcp(fd);
}

}  // namespace test
