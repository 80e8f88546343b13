#include "transport/zap.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluice::zap {
namespace {

// The parts of a request.
enum Part : std::size_t { version, id, domain, address, identity, mechanism, credentials };

constexpr std::string_view kVersion = "1.0";
constexpr std::size_t kLongest = 255;  // of the parts above; ZeroMQ's own fit
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyShown = 5;  // characters, enough to tell one from another

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// How many parts of credentials each mechanism has; nothing for one that isn't known.
std::optional<std::size_t> credentials_of(std::string_view mechanism) {
  if (mechanism == "NULL") return 0;
  if (mechanism == "PLAIN") return 2;
  if (mechanism == "CURVE" || mechanism == "GSSAPI") return 1;
  return std::nullopt;
}

std::string z85(std::string_view bytes) {
  std::array<char, 41> text{};
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()), kKeyBytes);
  return text.data();
}

// Properties as ZMTP writes them: a byte of length and the name, four of length and the value.
std::string property(std::string_view name, std::string_view value) {
  const auto size = htonl(static_cast<std::uint32_t>(value.size()));
  std::string text(1, static_cast<char>(name.size()));
  text += name;
  text.append(reinterpret_cast<const char*>(&size), sizeof size);
  text += value;
  return text;
}

std::vector<std::string> reply(std::string of, const char* status, std::string text,
                               std::string user = {}, std::string properties = {}) {
  return {std::string(kVersion), std::move(of),   status,
          std::move(text),       std::move(user), std::move(properties)};
}

Answer refuse(const Request& request, std::string why) {
  return {reply(request.id, "400", why), Refused{request.address, std::move(why)}};
}

}  // namespace

std::variant<Request, Malformed> parse(std::span<const std::string_view> parts) {
  Malformed bad;
  const auto malformed = [&bad](std::string why) {
    bad.why = std::move(why);
    return bad;
  };
  if (parts.size() > id && parts[id].size() <= kLongest) bad.id = parts[id];
  if (parts.size() < credentials || parts.size() > credentials + 2)
    return malformed(fmt::format("a request of {} parts", parts.size()));
  if (parts[version] != kVersion) return malformed("a request of another version than 1.0");
  for (const auto part : {id, domain, address, identity, mechanism})
    if (parts[part].size() > kLongest)
      return malformed(fmt::format("part {} has {} bytes", part + 1, parts[part].size()));
  if (!printable(parts[address])) return malformed("the address is no text");
  const auto count = credentials_of(parts[mechanism]);
  if (!count) return malformed("an unknown mechanism");
  if (parts.size() - credentials != *count)
    return malformed(
        fmt::format("{} with {} credentials", parts[mechanism], parts.size() - credentials));
  Request request{
      std::string(parts[id]), std::string(parts[address]), std::string(parts[mechanism]), {}};
  if (request.mechanism == "CURVE") {
    if (parts[credentials].size() != kKeyBytes)
      return malformed(fmt::format("a key of {} bytes", parts[credentials].size()));
    request.key = z85(parts[credentials]);
  }
  return request;
}

Answer answer(std::span<const std::string_view> parts, const DeviceOf& device_of) {
  const auto parsed = parse(parts);
  if (const auto* bad = std::get_if<Malformed>(&parsed)) return failure(bad->id, bad->why);
  const auto& request = std::get<Request>(parsed);
  if (request.mechanism != "CURVE")
    return refuse(request, fmt::format("it comes with {}, and only CURVE with an allowed key is "
                                       "let in",
                                       request.mechanism));
  const auto device = device_of(request.key);
  if (!device)
    return refuse(request, fmt::format("its key {}... is not among the allowed",
                                       request.key.substr(0, kKeyShown)));
  return {reply(request.id, "200", "OK", *device, property(kKeyProperty, request.key)),
          std::nullopt};
}

Answer failure(std::string of, std::string why) {
  auto parts = reply(std::move(of), "500", why);
  return {std::move(parts), Refused{{}, std::move(why)}};
}

}  // namespace sluice::zap
