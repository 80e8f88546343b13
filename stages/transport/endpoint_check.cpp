#include "transport/endpoint_check.hpp"

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

}  // namespace

void check_endpoints(const std::vector<std::string>& bind, const std::vector<std::string>& connect,
                     const std::string& security, ParamProblems& problems) {
  if (bind.empty() && connect.empty()) {
    problems.push_back({"bind", "neither bind nor connect is given",
                        "as in bind = \"tcp://127.0.0.1:5555\" on one side and connect = "
                        "\"tcp://127.0.0.1:5555\" on the other"});
    return;
  }
  check_each(
      "connect", connect, connect_endpoint, [](const Endpoint&, std::size_t) {}, problems);
  const auto reachable = [&](const Endpoint& endpoint, std::size_t i) {
    if (endpoint.local || !security.empty()) return;
    problems.push_back({"bind", fmt::format("{} can be reached by other machines", bind[i]),
                        "write security = \"curve\" with keys, or security = \"none\" to let in "
                        "anybody who can reach it",
                        i});
  };
  check_each("bind", bind, bind_endpoint, reachable, problems);
}

}  // namespace sluice
