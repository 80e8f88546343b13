// Whom a web server answers: by the name it is asked for, and by a token.
#pragma once

#include <microhttpd.h>

#include <cstdint>
#include <optional>
#include <sluice/graph/listen.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::display {

struct WebAccess {
  std::string token;               // empty: none is asked for
  std::vector<std::string> hosts;  // names that this machine is asked for by, besides its own
  bool any_host = false;           // beyond loopback, every name is answered
};

// May this Host header be answered? A web page elsewhere can make its own name point here ("DNS
// rebinding") and would then be allowed to read what comes; but the browser still sends the page's
// own name. On loopback, localhost and loopback's addresses are answered; elsewhere all addresses
// too, and this machine's name with any domain. In both cases `hosts`.
bool is_known_host(std::string_view host_header, const ListenAddress& where,
                   const WebAccess& access);

// Does the request bring the token, as "Authorization: Bearer ..." or in our cookie?
// The cookie is that of the server's port: browsers send a host's cookies to all of its ports.
bool has_token(MHD_Connection* connection, const std::string& token, std::uint16_t port);

// For "?token=...", by which a browser is let in once: the header that makes it remember. Nothing
// where the token is another or there is none.
std::optional<std::string> cookie_for(const char* given, const std::string& token,
                                      std::uint16_t port);

}  // namespace sluice::display
