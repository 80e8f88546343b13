// Where a server listens: "127.0.0.1:8080", "[::1]:8080", "localhost:0".
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

struct ListenAddress {
  sockaddr_storage address{};
  socklen_t length = 0;
  std::string host;  // as it stands in a URL: "127.0.0.1", "[::1]"
  std::uint16_t port = 0;
  bool loopback = false;
};

// Names other than localhost are not looked up: an address that is listened on is one of this
// machine's own. Throws std::invalid_argument that says what is expected.
ListenAddress parse_listen(std::string_view text);

}  // namespace sluice
