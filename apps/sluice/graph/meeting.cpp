#include "graph/meeting.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace sluice::app {
namespace {

struct Place {
  std::string scheme, host, port;
};

bool is_number(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;
}

// "tcp://[::1]:5555" in its parts; of "ipc:///run/hub", all behind the scheme is the host.
Place place_of(std::string_view address) {
  Place place;
  const auto colon = address.find("://");
  if (colon == std::string_view::npos) return {"", std::string(address), ""};
  place.scheme = address.substr(0, colon);
  place.host = address.substr(colon + 3);
  if (place.scheme != "tcp") return place;
  if (const auto last = place.host.rfind(':'); last != std::string::npos) {
    place.port = place.host.substr(last + 1);
    place.host.resize(last);
  }
  if (place.host.size() > 2 && place.host.front() == '[' && place.host.back() == ']')
    place.host = place.host.substr(1, place.host.size() - 2);
  std::transform(place.host.begin(), place.host.end(), place.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (place.host == "localhost") place.host = "127.0.0.1";
  return place;
}

}  // namespace

bool may_meet(std::string_view connects, std::string_view binds) {
  const auto from = place_of(connects);
  const auto to = place_of(binds);
  if (from.scheme != to.scheme || from.port != to.port) return false;
  if (from.host == to.host) return true;
  if (from.scheme != "tcp") return false;
  if (to.host == "*" || to.host == "0.0.0.0" || to.host == "::") return true;
  return !is_number(from.host) || !is_number(to.host);
}

}  // namespace sluice::app
