#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <display/web_access.hpp>
#include <display/web_connections.hpp>
#include <optional>

namespace sluice::display {
namespace {

std::string cookie_name(std::uint16_t port) { return fmt::format("sluice-{}", port); }

std::string lower(std::string_view text) {
  std::string copy(text);
  std::transform(copy.begin(), copy.end(), copy.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return copy;
}

// Without the port, which may be another one: of an SSH tunnel, for instance.
std::string name_of(std::string_view host_header) {
  auto host = lower(host_header);
  const auto colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos &&
      host.find_first_not_of("0123456789", colon + 1) == std::string::npos)
    host.resize(colon);
  return host;
}

bool is_address(const std::string& host) {
  try {
    parse_listen(host + ":0");
    return host != "localhost";
  } catch (const std::invalid_argument&) {
    return false;
  }
}

// "garage", and "garage.local" and the like where the machine is called garage. Not with any
// domain: garage.evil.example is somebody else's.
bool is_own_name(const std::string& host) {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return false;
  const auto own = lower(std::string_view(name.data()));
  if (own.empty() || !host.starts_with(own)) return false;
  constexpr auto kNobodys = std::to_array<std::string_view>(
      {"", ".local", ".lan", ".home", ".home.arpa", ".internal", ".localdomain"});
  const auto domain = std::string_view(host).substr(own.size());
  return std::find(kNobodys.begin(), kNobodys.end(), domain) != kNobodys.end();
}

// Takes the same time for every wrong token of a length, so that none can be found out letter by
// letter.
bool same(std::string_view given, std::string_view token) {
  return given.size() == token.size() &&
         sodium_memcmp(given.data(), token.data(), token.size()) == 0;
}

// What a browser keeps. Who reads it there can look, and doesn't know the token.
std::string cookie_value(const std::string& token, std::uint16_t port) {
  const auto message = cookie_name(port);
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(token.data()),
                              token.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(message.data()),
                                message.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> code{};
  crypto_auth_hmacsha256_final(&state, code.data());
  return fmt::format("{:02x}", fmt::join(code, ""));
}

// The token in an Authorization header, whose scheme is written in any case.
std::optional<std::string_view> bearer_of(MHD_Connection* connection) {
  const char* header =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
  constexpr std::string_view kBearer = "bearer ";
  if (!header || lower(std::string_view(header).substr(0, kBearer.size())) != kBearer) return {};
  return std::string_view(header).substr(kBearer.size());
}

struct Framing {
  int hosts = 0, lengths = 0, codings = 0;
  bool odd_name = false;
};

MHD_Result look_at(void* seen, MHD_ValueKind, const char* key, const char*) {
  auto& framing = *static_cast<Framing*>(seen);
  const auto name = lower(key);
  framing.hosts += name == "host";
  framing.lengths += name == "content-length";
  framing.codings += name == "transfer-encoding";
  // RFC 9110: letters, digits and these.
  framing.odd_name |= name.empty() || name.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyz0123456789"
                                          "!#$%&'*+-.^_`|~") != std::string::npos;
  return MHD_YES;
}

}  // namespace

std::string misframed(MHD_Connection* connection) {
  Framing framing;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at, &framing);
  if (framing.odd_name) return "a header's name has characters that a name can't have";
  if (framing.hosts > 1) return "there are two Host headers";
  if (framing.lengths > 1) return "there are two Content-Length headers";
  if (framing.codings > 0) return "a body in pieces isn't taken";
  return {};
}

bool is_known_host(std::string_view host_header, const ListenAddress& where,
                   const WebAccess& access) {
  const auto host = name_of(host_header);
  if (host == "localhost" || host == "127.0.0.1" || host == "[::1]" || host == where.host)
    return true;
  if (std::any_of(access.hosts.begin(), access.hosts.end(),
                  [&](const auto& h) { return h == "*" || lower(h) == host; }))
    return true;
  return !where.loopback && (is_address(host) || is_own_name(host));
}

bool TokenTries::may_try(const std::string& address, SteadyTime now) {
  const auto found = by_address_.find(address);
  return found == by_address_.end() || found->second.left + seconds(now - found->second.at) >= 1;
}

void TokenTries::tried(const std::string& address, SteadyTime now) {
  constexpr double kInHand = 10;
  constexpr std::size_t kMost = 1024;
  const auto left = [&](const Tries& t) { return std::min(kInHand, t.left + seconds(now - t.at)); };
  std::erase_if(by_address_, [&](const auto& entry) { return left(entry.second) >= kInHand; });
  // With so many at once the longest silent is let off.
  if (by_address_.size() >= kMost && !by_address_.contains(address))
    by_address_.erase(
        std::min_element(by_address_.begin(), by_address_.end(),
                         [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
  auto& tries = by_address_.try_emplace(address, Tries{kInHand, now}).first->second;
  tries = {std::max(0.0, left(tries) - 1), now};
}

Pass pass_of(MHD_Connection* connection, const std::string& token, std::uint16_t port,
             TokenTries& tries, SteadyTime now) {
  if (token.empty()) return Pass::good;
  const char* cookie =
      MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, cookie_name(port).c_str());
  if (cookie && same(cookie, cookie_value(token, port))) return Pass::good;
  const auto bearer = bearer_of(connection);
  const char* login = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token");
  if (!bearer && !login) return Pass::none;
  const auto address = address_of(connection);
  if (!tries.may_try(address, now)) return Pass::later;
  if (bearer && same(*bearer, token)) return Pass::good;
  if (login && same(login, token)) return Pass::login;
  tries.tried(address, now);
  return Pass::wrong;
}

std::string cookie_for(const std::string& token, std::uint16_t port) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000",
                     cookie_name(port), cookie_value(token, port));
}

}  // namespace sluice::display
