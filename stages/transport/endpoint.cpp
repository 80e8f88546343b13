#include "transport/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

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

// Host and port of a tcp address, both checked for form; an IPv6 host comes without its brackets.
Parts tcp_parts(const std::string& address, bool any_port) {
  const auto rest = address.substr(6);
  const auto colon = rest.rfind(':');
  if (colon == std::string::npos) refuse(address, "the port is missing");
  Parts parts{rest.substr(0, colon), rest.substr(colon + 1)};
  if (parts.host.size() >= 2 && parts.host.front() == '[' && parts.host.back() == ']')
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  if (parts.host.empty()) refuse(address, "the host is missing");
  int port = -1;
  const auto* end = parts.port.data() + parts.port.size();
  const auto [stop, error] = std::from_chars(parts.port.data(), end, port);
  const bool wild = any_port && (parts.port == "*" || parts.port == "0");
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
  return true;
}

}  // namespace

Endpoint connect_endpoint(const std::string& address) {
  if (is_ipc(address)) return {address, true};
  if (address.rfind("tcp://", 0) != 0) refuse(address, "it begins with neither tcp:// nor ipc://");
  return {address, is_loopback(tcp_parts(address, false).host)};
}

Endpoint bind_endpoint(const std::string& address) {
  if (is_ipc(address)) return {address, true};
  if (address.rfind("tcp://", 0) != 0) refuse(address, "it begins with neither tcp:// nor ipc://");
  auto parts = tcp_parts(address, true);
  // ZeroMQ binds to addresses and interfaces, not to names.
  if (parts.host == "localhost") return {"tcp://127.0.0.1:" + parts.port, true};
  return {address, is_loopback(parts.host)};
}

}  // namespace sluice
