#include "transport/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace sluice {
namespace {

struct Parts {
  std::string host, port;
};

[[noreturn]] void refuse(const std::string& address, std::string_view why) {
  throw std::runtime_error(
      fmt::format("\"{}\" is no address: {}; write tcp://HOST:PORT or ipc://PATH", address, why));
}

bool made_of(std::string_view text, std::string_view besides) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           besides.find(c) != std::string_view::npos;
  });
}

// As it stands between tcp:// and the port; comes back without the brackets of IPv6.
std::string host_part(const std::string& address, std::string host, bool binds) {
  if (host.empty()) refuse(address, "the host is missing");
  if (host == "*") {
    if (binds) return host;
    refuse(address, "'*' stands for all addresses of this machine, and can't be connected to");
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    // The zone, as in fe80::1%eth0, is an interface's name.
    const auto zone = std::min(host.find('%'), host.size());
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.substr(0, zone).c_str(), &v6) != 1 ||
        !made_of(std::string_view(host).substr(zone), "%.-_"))
      refuse(address, "what stands in brackets is no IPv6 address");
    return host;
  }
  if (host.find(':') != std::string::npos)
    refuse(address, "an IPv6 address stands in brackets, as in tcp://[::1]:5555");
  if (!made_of(host, ".-_")) refuse(address, "the host has characters that no name has");
  return host;
}

// Host and port of a tcp address, both checked for form.
Parts tcp_parts(const std::string& address, bool binds) {
  if (address.rfind("tcp://", 0) != 0) refuse(address, "it begins with neither tcp:// nor ipc://");
  const auto rest = address.substr(6);
  const auto colon = rest.rfind(':');
  // The last colon of [::1] is none before a port.
  if (colon == std::string::npos || rest.find(']', colon) != std::string::npos)
    refuse(address, "the port is missing");
  Parts parts{host_part(address, rest.substr(0, colon), binds), rest.substr(colon + 1)};
  int port = -1;
  const auto* end = parts.port.data() + parts.port.size();
  const auto [stop, error] = std::from_chars(parts.port.data(), end, port);
  const bool wild = binds && (parts.port == "*" || parts.port == "0");
  if (!wild && (error != std::errc{} || stop != end || port < 1 || port > 65535))
    refuse(address, "the port is no number from 1 to 65535");
  return parts;
}

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return host == "localhost" || host == "::1" || host == "lo";
}

bool is_ipc(const std::string& address) {
  if (address.rfind("ipc://", 0) != 0) return false;
  if (address.size() == 6) refuse(address, "the path is missing");
  constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
  if (address.size() - 6 > kLongestPath)
    refuse(address, fmt::format("the path is longer than {} bytes", kLongestPath));
  return true;
}

}  // namespace

Endpoint connect_endpoint(const std::string& address) {
  return {address, is_ipc(address) || is_loopback(tcp_parts(address, false).host)};
}

Endpoint bind_endpoint(const std::string& address) {
  if (is_ipc(address)) return {address, true};
  const auto parts = tcp_parts(address, true);
  // ZeroMQ binds to addresses and interfaces, not to names.
  if (parts.host == "localhost") return {"tcp://127.0.0.1:" + parts.port, true};
  return {address, is_loopback(parts.host)};
}

}  // namespace sluice
