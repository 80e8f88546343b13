#include "transport/locks.hpp"

#include <algorithm>

#include "transport/curve.hpp"
#include "transport/device_names.hpp"

namespace sluice {

Locks::Locks(zmq::context_t& context, const Access& access, const Clock& clock)
    : own_(read_secret(access.key)) {
  for (const std::filesystem::path file : access.peer_key)
    peers_.push_back({file.stem().string(), read_public(file)});
  if (access.bind.empty()) return;
  allowed_.emplace(access.allowed, clock);
  zap_.emplace(context, *allowed_);
}

std::function<void(zmq::socket_t&)> Locks::for_binding() const {
  return [this](zmq::socket_t& socket) { serve_curve(socket, own_); };
}

std::function<void(zmq::socket_t&)> Locks::for_connecting(std::size_t place) const {
  return [this, place](zmq::socket_t& socket) { use_curve(socket, own_, peer(place).key); };
}

const Locks::Peer& Locks::peer(std::size_t place) const {
  return peers_[peers_.size() == 1 ? 0 : place];
}

const std::string& Locks::device_at(std::size_t place) const { return peer(place).device; }

std::optional<std::string> Locks::sender_of(zmq::message_t& message) {
  const char* device = zmq_msg_gets(message.handle(), zap::kDeviceProperty);
  const char* key = zmq_msg_gets(message.handle(), zap::kKeyProperty);
  if (!device || !key || allowed_->device_of(key) != device) return std::nullopt;
  return device;
}

bool Locks::may_send_as(const std::string& device, const std::string& source) {
  return owns(device, source, [this](const std::string& name) {
    const auto same = [&](const Peer& peer) { return peer.device == name; };
    return std::any_of(peers_.begin(), peers_.end(), same) || (allowed_ && allowed_->named(name));
  });
}

ZapHandler::Refusals Locks::news(Context& context) {
  if (!zap_) return {};
  for (const auto& problem : allowed_->take_problems()) context.log(LogLevel::warning, problem);
  return zap_->take_refused();
}

}  // namespace sluice
