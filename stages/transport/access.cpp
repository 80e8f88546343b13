#include "transport/access.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "transport/endpoint.hpp"

namespace sluice {
namespace {

// `form` gives the address's endpoint or throws; `found` is told of each that is well-formed.
template <class Form, class Found>
void check_each(const char* parameter, const std::vector<std::string>& addresses, Form form,
                Found found, ParamProblems& problems) {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    try {
      found(form(addresses[i]), i);
    } catch (const std::runtime_error& malformed) {
      problems.push_back({parameter, malformed.what(), {}, i});
    }
  }
}

void check_keys(const Access& a, ParamProblems& problems) {
  const bool curve = a.security == "curve";
  const auto needs = [&](const char* parameter, bool wanted, bool given, const char* why,
                         const char* hint) {
    if (curve && wanted && !given)
      problems.push_back({parameter, fmt::format("{} needs '{}'", why, parameter), hint, {}});
    if (!curve && given)
      problems.push_back({parameter,
                          fmt::format("'{}' without security = \"curve\" locks nothing", parameter),
                          "write security = \"curve\", or leave it out",
                          {}});
  };
  needs("key", true, !a.key.empty(), "security = \"curve\"",
        "`sluice keygen NAME` makes this device's keys and says where they are");
  needs("peer_key", !a.connect.empty(), !a.peer_key.empty(), "to connect with \"curve\"",
        "the file NAME.key, copied from the other side, by which it is known to be the right one");
  needs("allowed", !a.bind.empty(), !a.allowed.empty(), "to listen with \"curve\"",
        "a folder with a copy of NAME.key of each device that gets in");
  if (curve && a.peer_key.size() > 1 && a.peer_key.size() != a.connect.size())
    problems.push_back(
        {"peer_key",
         fmt::format("{} keys for {} addresses to connect to", a.peer_key.size(), a.connect.size()),
         "one for all of them, or one for each",
         {}});
}

}  // namespace

Doorkeeper::Limits limits(const Access& access) {
  Doorkeeper::Limits limits;
  limits.most = static_cast<std::size_t>(access.max_peers);
  limits.most_per_address = static_cast<std::size_t>(access.max_peers_per_address);
  limits.curve = access.security == "curve";
  return limits;
}

void check_access(const Access& a, ParamProblems& problems) {
  if (a.bind.empty() && a.connect.empty()) {
    problems.push_back({"bind",
                        "neither bind nor connect is given",
                        "as in bind = \"tcp://127.0.0.1:5555\" on one side and connect = "
                        "\"tcp://127.0.0.1:5555\" on the other",
                        {}});
    return;
  }
  check_each(
      "connect", a.connect, connect_endpoint, [](const Endpoint&, std::size_t) {}, problems);
  const auto reachable = [&](const Endpoint& endpoint, std::size_t i) {
    if (endpoint.local || !a.security.empty()) return;
    problems.push_back({"bind", fmt::format("{} can be reached by other machines", a.bind[i]),
                        "write security = \"curve\" with keys, or security = \"none\" to let in "
                        "anybody who can reach it",
                        i});
  };
  check_each("bind", a.bind, bind_endpoint, reachable, problems);
  check_keys(a, problems);
}

}  // namespace sluice
