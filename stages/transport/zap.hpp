// ZAP 1.0 (rfc.zeromq.org/spec/27): ZeroMQ asks before it lets a peer in. Here are the messages,
// without a socket.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::zap {

struct Request {
  std::string id;         // to be sent back; any bytes
  std::string address;    // the peer's; empty for ipc
  std::string mechanism;  // "NULL", "PLAIN", "CURVE" or "GSSAPI"
  std::string key;        // the peer's public key, of CURVE only
};

struct Malformed {
  std::string id;  // empty where there is none fit to be sent back
  std::string why;
};

// `parts`: what follows the empty part. Any bytes.
std::variant<Request, Malformed> parse(std::span<const std::string_view> parts);

// A name for the peer whose message part this is, as zmq_msg_gets() tells it.
inline constexpr const char* kDeviceProperty = "User-Id";
// The key that it came in with: the device's key file may have been replaced since.
inline constexpr const char* kKeyProperty = "X-Public-Key";

struct Refused {
  std::string address;  // empty for ipc
  std::string why;      // "its key Yne@$... is not among the allowed"
};

struct Answer {
  std::vector<std::string> parts;
  std::optional<Refused> refused;
};

// Lets in who comes by CURVE with a key whose device `device_of` knows, as that device.
using DeviceOf = std::function<std::optional<std::string>(std::string_view key)>;
Answer answer(std::span<const std::string_view> parts, const DeviceOf& device_of);

// The answer to a request that could not be dealt with, for a reason of ours.
Answer failure(std::string id, std::string why);

}  // namespace sluice::zap
