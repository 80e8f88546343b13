#include "capture/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <sluice/media/frame.hpp>
#include <stdexcept>
#include <string_view>

namespace sluice::capture {
namespace {

constexpr std::array<std::string_view, 4> kSchemes{"rtsp", "rtmp", "http", "https"};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

Address parse_url(const std::string& uri, std::size_t colon) {
  std::string scheme = uri.substr(0, colon);
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto shown = without_secrets(uri);
  if (std::find(kSchemes.begin(), kSchemes.end(), scheme) == kSchemes.end())
    throw std::invalid_argument(
        fmt::format("uri = \"{}\": can't read \"{}://\"; give {}:// or a file's path", shown,
                    scheme, fmt::join(kSchemes, "://, ")));
  const auto odd = [](unsigned char c) { return std::iscntrl(c) || std::isspace(c); };
  if (std::any_of(uri.begin(), uri.end(), odd))
    throw std::invalid_argument(
        fmt::format("uri = \"{}\": a URL has no spaces in it; write a space as %20", shown));
  const auto authority = uri.substr(colon + 3, uri.find_first_of("/?#", colon + 3) - colon - 3);
  const auto host = authority.substr(authority.rfind('@') + 1);  // npos + 1 is 0
  if (host.empty() || host[0] == ':')
    throw std::invalid_argument(fmt::format("uri = \"{}\": there is no host in it", shown));
  return {Address::Sort::url, uri, shown};
}

}  // namespace

std::string without_secrets(const std::string& url) {
  const auto begin = url.find("://");
  if (begin == std::string::npos) return url;
  const auto host = begin + 3;
  auto end = std::min(url.find_first_of("/?#", host), url.size());
  auto at = url.rfind('@', end == 0 ? 0 : end - 1);
  if (at == std::string::npos || at < host) {
    // A password with a "/" in it that isn't written as %2F: the "port" is no number then.
    const auto colon = url.find(':', host);
    const auto later = url.rfind('@');
    const bool password = colon < end && !all_digits(url.substr(colon + 1, end - colon - 1));
    at = password && later != std::string::npos && later > end ? later : std::string::npos;
    if (at != std::string::npos) end = std::min(url.find_first_of("/?#", at), url.size());
  }
  std::string shown = url.substr(0, host);
  shown +=
      at == std::string::npos ? url.substr(host, end - host) : "***" + url.substr(at, end - at);
  const auto query = std::min(url.find_first_of("?#", end), url.size());
  const auto path = url.substr(end, query - end);
  shown += path.find('=') == std::string::npos ? path : "/...";
  if (query < url.size()) shown += "?...";
  return shown;
}

Address parse_address(const std::string& uri) {
  if (uri.empty())
    throw std::invalid_argument(
        "uri = \"\": give a file's path, a camera such as \"/dev/video0\", or a URL");
  if (uri.find('\0') != std::string::npos)
    throw std::invalid_argument("uri: there is a zero byte in it");
  if (const auto colon = uri.find("://"); colon != std::string::npos) return parse_url(uri, colon);
  if (all_digits(uri) && uri.size() <= 3)
    return {Address::Sort::device, "/dev/video" + uri, "/dev/video" + uri};
  if (uri.starts_with("/dev/")) return {Address::Sort::device, uri, uri};
  return {Address::Sort::file, uri, uri};
}

std::string default_source(const Address& address) {
  if (address.sort != Address::Sort::file) return "camera";
  std::string name = std::filesystem::path(address.path).stem().string();
  if (name.size() > 64) name.resize(64);
  for (auto& c : name)
    if (!valid_source(std::string_view(&c, 1))) c = '-';
  return valid_source(name) ? name : "camera";
}

}  // namespace sluice::capture
