#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>
#include <sluice/graph/listen.hpp>
#include <stdexcept>
#include <system_error>

namespace sluice {
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

}  // namespace sluice
