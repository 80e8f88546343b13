#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <display/web_listen.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sluice::display {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw std::invalid_argument(fmt::format(
      "listen = \"{}\" is not an address and a port: write one such as \"127.0.0.1:8080\", "
      "\"[::1]:8080\", or \"0.0.0.0:8080\" for all of this machine's addresses (port 0: any free "
      "one)",
      text));
}

template <class Address>
void store(ListenAddress& where, const Address& address) {
  std::memcpy(&where.address, &address, sizeof address);
  where.length = sizeof address;
}

void parse_v4(std::string_view text, const std::string& host, ListenAddress& where) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(where.port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) refuse(text);
  where.loopback = (ntohl(address.sin_addr.s_addr) >> 24) == 127;
  store(where, address);
}

void parse_v6(std::string_view text, const std::string& host, ListenAddress& where) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(where.port);
  if (inet_pton(AF_INET6, host.c_str(), &address.sin6_addr) != 1) refuse(text);
  where.loopback = IN6_IS_ADDR_LOOPBACK(&address.sin6_addr);
  store(where, address);
}

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

ListenAddress parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text);
  ListenAddress where;
  const auto digits = text.substr(colon + 1);
  const auto* end = digits.data() + digits.size();
  if (const auto [at, error] = std::from_chars(digits.data(), end, where.port);
      error != std::errc() || at != end)
    refuse(text);
  where.host = std::string(text.substr(0, colon));
  if (where.host == "localhost") where.host = "127.0.0.1";
  if (where.host.size() > 2 && where.host.front() == '[' && where.host.back() == ']')
    parse_v6(text, where.host.substr(1, where.host.size() - 2), where);
  else
    parse_v4(text, where.host, where);
  return where;
}

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

bool is_local_host(std::string_view host_header, const ListenAddress& where) {
  std::string host(host_header);
  std::transform(host.begin(), host.end(), host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  // The port may be another one: of an SSH tunnel, for instance.
  const auto colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos &&
      host.find_first_not_of("0123456789", colon + 1) == std::string::npos)
    host.resize(colon);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]" || host == where.host;
}

}  // namespace sluice::display
