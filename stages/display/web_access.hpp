// Whom a web server answers: by the name it is asked for, and by a token.
#pragma once

#include <microhttpd.h>

#include <cstdint>
#include <map>
#include <sluice/graph/listen.hpp>
#include <sluice/media/time.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::display {

struct WebAccess {
  std::string token;  // empty: none is asked for
  // Names that this machine is asked for by, besides its own; "*": any, as behind a proxy that has
  // names of its own.
  std::vector<std::string> hosts;
};

// May this Host header be answered? A web page elsewhere can make its own name point here ("DNS
// rebinding") and would then be allowed to read what comes; but the browser still sends the page's
// own name. On loopback, localhost and loopback's addresses are answered; elsewhere all addresses
// too, and this machine's name with the domains that are nobody's on the internet. In both cases
// `hosts`.
bool is_known_host(std::string_view host_header, const ListenAddress& where,
                   const WebAccess& access);

// Is there something in the request's lines that another server, a proxy before this one, may read
// otherwise: a second Host, a body of two lengths or in chunks, a name with a space? Empty: no.
std::string misframed(MHD_Connection* connection);

// Who tries tokens: each address has ten in hand, and one more each second. Used by one thread.
class TokenTries {
 public:
  bool may_try(const std::string& address, SteadyTime now);
  void tried(const std::string& address, SteadyTime now);

 private:
  struct Tries {
    double left;
    SteadyTime at;
  };
  std::map<std::string, Tries> by_address_;  // of those that have tried of late
};

// What a request brings to be let in.
enum class Pass {
  none,
  good,   // the token, or the cookie
  login,  // the token in the address, by which a browser is let in once
  wrong,
  later,  // it has tried too often
};
// The token as "Authorization: Bearer ...", or in the address as "?token=..."; or our cookie, which
// is that of the server's port: browsers send a host's cookies to all of its ports. The cookie is
// not the token, but made from it.
Pass pass_of(MHD_Connection* connection, const std::string& token, std::uint16_t port,
             TokenTries& tries, SteadyTime now);

// The header that makes a browser remember.
std::string cookie_for(const std::string& token, std::uint16_t port);

}  // namespace sluice::display
