#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <display/web_access.hpp>

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

// "garage", "garage.local" and "garage.lan" where the machine is called garage.
bool is_own_name(const std::string& host) {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return false;
  const auto own = lower(std::string_view(name.data()));
  return !own.empty() && (host == own || host.starts_with(own + "."));
}

// Takes the same time for every wrong token of a length, so that none can be found out letter by
// letter.
bool same(std::string_view given, std::string_view token) {
  if (given.size() != token.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < token.size(); ++i)
    difference = static_cast<unsigned char>(difference | (given[i] ^ token[i]));
  return difference == 0;
}

}  // namespace

bool is_known_host(std::string_view host_header, const ListenAddress& where,
                   const WebAccess& access) {
  const auto host = name_of(host_header);
  if (host == "localhost" || host == "127.0.0.1" || host == "[::1]" || host == where.host)
    return true;
  if (std::any_of(access.hosts.begin(), access.hosts.end(),
                  [&](const auto& h) { return lower(h) == host; }))
    return true;
  return !where.loopback && (access.any_host || is_address(host) || is_own_name(host));
}

bool has_token(MHD_Connection* connection, const std::string& token, std::uint16_t port) {
  if (token.empty()) return true;
  constexpr std::string_view kBearer = "Bearer ";
  if (const char* header =
          MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION)) {
    const std::string_view text(header);
    return text.starts_with(kBearer) && same(text.substr(kBearer.size()), token);
  }
  const char* cookie =
      MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, cookie_name(port).c_str());
  return cookie && same(cookie, token);
}

std::optional<std::string> cookie_for(const char* given, const std::string& token,
                                      std::uint16_t port) {
  if (!given || token.empty() || !same(given, token)) return std::nullopt;
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000",
                     cookie_name(port), token);
}

}  // namespace sluice::display
