// Where the web display listens: "127.0.0.1:8080", "[::1]:8080", "localhost:0".
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::display {

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

// A listening socket; the port is filled in where it was 0. Throws std::runtime_error that says
// what to do, for instance about a port that is in use. The caller owns the descriptor.
int open_listener(ListenAddress& where);

// May this Host header be answered by a server that listens on loopback? A web page elsewhere can
// make its own name point to 127.0.0.1 ("DNS rebinding") and would then be allowed to read what
// comes; but the browser still sends the page's own name here.
bool is_local_host(std::string_view host_header, const ListenAddress& where);

}  // namespace sluice::display
