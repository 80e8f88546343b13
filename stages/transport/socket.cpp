#include "transport/socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <atomic>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "transport/ipc.hpp"

namespace sluice {
namespace {

// A try that has got nowhere by then is given up: the name may have got another address since. Long
// enough for a resolver whose first server is dead.
constexpr Duration kTryFor = std::chrono::seconds(12);
constexpr int kConnectForMs = 5000;

std::string what_to_do(int error) {
  switch (error) {
    case EADDRINUSE:
      return "is another sluice or hub running? stop it, or choose another port";
    case EADDRNOTAVAIL:
    case ENODEV:
      return "this machine has no such address; \"*\" takes all it has";
    case EACCES:
      return "choose a port above 1023, or a folder you may write to";
    default:
      return "check the address";
  }
}

// Of a connection that was just accepted.
std::string peer_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET)
    inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(storage).sin_addr, text, sizeof text);
  else if (storage.ss_family == AF_INET6)
    inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6&>(storage).sin6_addr, text, sizeof text);
  return text;
}

std::string metadata(zmq::message_t& message, const char* name) {
  const char* value = zmq_msg_gets(message.handle(), name);
  return value ? value : "";
}

}  // namespace

VideoSocket::VideoSocket(zmq::context_t& context, Options options, std::string address,
                         bool listens, Secure secure, SteadyTime now)
    : own_context_(listens ? std::nullopt : std::make_optional<zmq::context_t>(1)),
      context_(listens ? context : *own_context_),
      options_(options),
      address_(std::move(address)),
      listens_(listens),
      secure_(std::move(secure)) {
  open(now);
}

VideoSocket::~VideoSocket() { close(); }

void VideoSocket::open(SteadyTime now) {
  socket_.emplace(context_, options_.type);
  auto& s = *socket_;
  // ZeroMQ's defaults are for messages that must arrive; these are pictures, and old ones are
  // worthless.
  s.set(zmq::sockopt::immediate, true);  // nothing is queued for a peer that isn't there
  s.set(zmq::sockopt::sndhwm, options_.send_queue);
  s.set(zmq::sockopt::rcvhwm, options_.receive_queue);
  s.set(zmq::sockopt::linger, 200);
  s.set(zmq::sockopt::maxmsgsize, options_.most_bytes);
  // A peer that hangs is found by heartbeats; one that vanished and knows none (old libzmq), within
  // 20 s by TCP.
  if (const auto ms = static_cast<int>(options_.dead_after / std::chrono::milliseconds(1));
      ms > 0) {
    s.set(zmq::sockopt::heartbeat_ivl, std::min(700, ms / 3));
    s.set(zmq::sockopt::heartbeat_timeout, ms);
  }
  s.set(zmq::sockopt::connect_timeout, kConnectForMs);
  s.set(zmq::sockopt::tcp_keepalive, 1);
  s.set(zmq::sockopt::tcp_keepalive_idle, 8);
  s.set(zmq::sockopt::tcp_keepalive_intvl, 4);
  s.set(zmq::sockopt::tcp_keepalive_cnt, 3);
  s.set(zmq::sockopt::handshake_ivl, 3000);
  // Of a peer that doesn't begin as ZeroMQ 4 does libzmq 4.3.5 thinks it has shaken hands with
  // ZeroMQ 2, and lets it stay for ever. Where there is a domain it is turned away. Nobody is asked
  // for others: with "none", no ZapHandler is there.
  if (listens_) s.set(zmq::sockopt::zap_domain, "sluice");
  // ZeroMQ would come back every 100 ms to a peer that flaps, and never after some errors (a
  // message too large, a key refused): keep() does it better.
  s.set(zmq::sockopt::reconnect_ivl, -1);
  // Not for all: an IPv4 address would be shown in its IPv6 form.
  if (address_.find('[') != std::string::npos) s.set(zmq::sockopt::ipv6, true);
  if (options_.type == zmq::socket_type::sub) s.set(zmq::sockopt::subscribe, "");
  if (secure_) secure_(s);

  static std::atomic<unsigned> number{0};
  const std::string inproc = fmt::format("inproc://monitor-{}", ++number);
  constexpr int kEvents = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                          ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED |
                          ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                          ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
  if (zmq_socket_monitor(s.handle(), inproc.c_str(), kEvents) != 0) throw zmq::error_t();
  monitor_.emplace(context_, zmq::socket_type::pair);
  monitor_->set(zmq::sockopt::linger, 0);
  // The I/O thread waits for room here; it must never have to.
  monitor_->set(zmq::sockopt::rcvhwm, 0);
  monitor_->connect(inproc);
  if (listens_) clear_way_for(address_);
  try {
    if (listens_)
      s.bind(address_);
    else
      s.connect(address_);
  } catch (const zmq::error_t& e) {
    throw std::runtime_error(fmt::format("cannot {} {}: {}; {}",
                                         listens_ ? "listen on" : "connect to", address_, e.what(),
                                         what_to_do(e.num())));
  }
  state_ = State::trying;
  since_ = now;
  peers_ = 0;
  fault_ = Fault::none;
}

void VideoSocket::close() {
  if (socket_) zmq_socket_monitor(socket_->handle(), nullptr, 0);
  monitor_.reset();
  socket_.reset();
}

void VideoSocket::break_off(SteadyTime now) {
  if (state_ == State::up && now - since_ >= Backoff::kGoodAfter) backoff_.reset();
  // What it still holds is old by the time it could go out.
  socket_->set(zmq::sockopt::linger, 0);
  // The broken socket stands in until the wait is over: it accepts nothing and gives nothing.
  state_ = State::waiting;
  since_ = now;
  pause_ = backoff_.next();
  peers_ = 0;
}

void VideoSocket::nobody_there(SteadyTime now, const std::function<void(const News&)>& tell) {
  if (!std::exchange(absent_told_, true))
    tell({News::What::absent, address_, -1,
          "nobody answers there yet: is the other side running, and is its name right? trying on"});
  give_up(now);
}

void VideoSocket::give_up(SteadyTime now) {
  // Else it could still come to a connection. Fails where there is no more to end.
  zmq_disconnect(socket_->handle(), address_.c_str());
  break_off(now);
}

void VideoSocket::reconnect(SteadyTime now) {
  if (!listens_) give_up(now);
}

bool VideoSocket::read_monitor(SteadyTime now, const std::function<void(const News&)>& tell) {
  zmq::message_t event, address;
  if (!monitor_->recv(event, zmq::recv_flags::dontwait)) return false;
  if (!monitor_->recv(address, zmq::recv_flags::dontwait)) return false;
  std::uint16_t number = 0;
  std::int32_t value = 0;
  std::memcpy(&number, event.data<char>(), sizeof number);
  std::memcpy(&value, event.data<char>() + sizeof number, sizeof value);
  if (state_ == State::waiting) return true;  // of the connection that was given up
  switch (number) {
    case ZMQ_EVENT_ACCEPTED:
      accepted_[value] = peer_of(value);
      [[fallthrough]];
    case ZMQ_EVENT_CONNECTED:
      tell({News::What::accepted, address_, value, {}});
      break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      ++peers_;
      if (!listens_) {
        state_ = State::up;
        since_ = now;
        absent_told_ = false;
      }
      tell({News::What::up, address_, -1, {}});
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      // On the side that listens, the ZAP handler has said so.
      if (listens_) {
        ++unfit_;
      } else {
        fault_ = Fault::told;
        tell({News::What::refused, address_, -1, "it does not know this device's key"});
      }
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      if (fault_ == Fault::none) fault_ = Fault::protocol;
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      if (fault_ == Fault::none) fault_ = Fault::silence;
      break;
    case ZMQ_EVENT_CLOSED:  // of a try to connect: nobody listens there
      if (!listens_ && state_ == State::trying) nobody_there(now, tell);
      break;
    case ZMQ_EVENT_DISCONNECTED:
      connection_ended(value, now, tell);
      break;
    default:
      break;
  }
  return true;
}

void VideoSocket::connection_ended(int connection, SteadyTime now,
                                   const std::function<void(const News&)>& tell) {
  const auto known = accepted_.find(connection);
  const std::string peer = known == accepted_.end() ? address_ : known->second;
  if (known != accepted_.end()) accepted_.erase(known);
  const Fault fault = std::exchange(fault_, Fault::none);
  const std::string why = secure_ ? "it does not speak ZeroMQ with CURVE keys that fit"
                                  : "it does not speak ZeroMQ as it is spoken here";
  if (!listens_) {
    if (state_ == State::up) {
      peers_ = 0;
      tell({News::What::down, peer, connection, {}});
    } else if (fault == Fault::protocol) {
      tell({News::What::refused, peer, connection, why});
    } else if (fault == Fault::silence && secure_) {
      tell({News::What::refused, peer, connection,
            "it ended the connection at once: is its key the one in peer_key?"});
    } else if (fault != Fault::told) {
      return nobody_there(now, tell);
    }
    return break_off(now);
  }
  if (fault != Fault::none) return tell({News::What::refused, peer, connection, why});
  if (unfit_ > 0) {
    --unfit_;
    return tell({News::What::refused, peer, connection, {}});
  }
  peers_ = std::max(0, peers_ - 1);
  tell({News::What::down, peer, connection, {}});
}

void VideoSocket::keep(SteadyTime now, const std::function<void(const News&)>& tell) {
  while (read_monitor(now, tell)) {
  }
  if (listens_) return;
  if (state_ == State::trying && now - since_ > kTryFor) nobody_there(now, tell);
  if (state_ == State::waiting && now - since_ >= pause_) {
    close();
    open(now);
  }
}

SteadyTime VideoSocket::due(SteadyTime now) const {
  const SteadyTime later = now + std::chrono::seconds(1);
  return state_ == State::waiting ? std::min(later, since_ + pause_) : later;
}

void wait_for(const std::vector<VideoSocket*>& sockets, const std::vector<bool>& for_writing,
              int fd, Duration limit) {
  std::vector<zmq::pollitem_t> items;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const auto events = static_cast<short>(for_writing[i] ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
    items.push_back({sockets[i]->socket().handle(), 0, events, 0});
    items.push_back({sockets[i]->monitor().handle(), 0, ZMQ_POLLIN, 0});
  }
  if (fd >= 0) items.push_back({nullptr, fd, ZMQ_POLLIN, 0});
  zmq::poll(items, std::chrono::ceil<std::chrono::milliseconds>(std::max(limit, Duration(0))));
}

zmq::message_t message_over(std::span<const std::uint8_t> bytes,
                            std::shared_ptr<const void> owner) {
  using Owner = std::shared_ptr<const void>;
  auto* kept = new Owner(std::move(owner));
  // ZeroMQ takes a pointer to what it only reads.
  return {const_cast<std::uint8_t*>(bytes.data()), bytes.size(),
          [](void*, void* hint) { delete static_cast<Owner*>(hint); }, kept};
}

std::vector<zmq::message_t> receive_parts(zmq::socket_t& socket, std::size_t most,
                                          std::size_t& beyond) {
  std::vector<zmq::message_t> parts;
  beyond = 0;
  for (;;) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) return parts;
    const bool more = part.more();
    if (parts.size() < most) {
      parts.push_back(std::move(part));
    } else {
      ++beyond;
    }
    if (!more) return parts;
  }
}

int connection_of(zmq::message_t& message) { return zmq_msg_get(message.handle(), ZMQ_SRCFD); }
std::string address_of(zmq::message_t& message) { return metadata(message, "Peer-Address"); }
std::string device_of(zmq::message_t& message) { return metadata(message, "User-Id"); }

}  // namespace sluice
