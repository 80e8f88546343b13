// What keeps strangers out of a transport stage with security = "curve": its own keys, whose keys
// it lets in, and under which names those may send.
#pragma once

#include <functional>
#include <optional>
#include <sluice/stage.hpp>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "transport/access.hpp"
#include "transport/allowed.hpp"
#include "transport/keys.hpp"
#include "transport/zap_handler.hpp"

namespace sluice {

// To be made before the context's sockets, and to end after them.
class Locks {
 public:
  // Reads the keys; throws std::runtime_error that says what to do.
  Locks(zmq::context_t& context, const Access& access, const Clock& clock);

  // What is to be done to a socket before it binds, or connects to the address of this place in
  // Access::connect. Valid as long as this.
  std::function<void(zmq::socket_t&)> for_binding() const;
  std::function<void(zmq::socket_t&)> for_connecting(std::size_t place) const;

  // Who a message of a socket that binds came from, if that device's key is still allowed.
  std::optional<std::string> sender_of(zmq::message_t& message);
  // The device that a socket connects to: what its key's file is called.
  const std::string& device_at(std::size_t place) const;
  // Whether a device may send under a source's name: its own, or one that begins with it and '-',
  // unless that is another device's. All devices count, whichever side connects.
  bool may_send_as(const std::string& device, const std::string& source);

  // Logs what is wrong with the folder, and gives who was refused since it was last asked.
  ZapHandler::Refusals news(Context& context);

 private:
  struct Peer {
    std::string device, key;
  };
  const Peer& peer(std::size_t place) const;

  const KeyPair own_;
  std::vector<Peer> peers_;
  std::optional<AllowedKeys> allowed_;  // where something binds
  std::optional<ZapHandler> zap_;
};

}  // namespace sluice
