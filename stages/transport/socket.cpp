#include "transport/socket.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace sluice {

VideoSocket::VideoSocket(zmq::socket_type type, std::int64_t most_bytes)
    : context_(1), socket_(context_, type), monitor_(context_, zmq::socket_type::pair) {
  // ZeroMQ's defaults are for messages that must arrive; these are pictures, and old ones are
  // worthless.
  socket_.set(zmq::sockopt::immediate, true);  // nothing is queued for a peer that isn't there
  socket_.set(zmq::sockopt::sndhwm, 64);
  socket_.set(zmq::sockopt::rcvhwm, 16);
  socket_.set(zmq::sockopt::linger, 200);
  socket_.set(zmq::sockopt::maxmsgsize, most_bytes);
  socket_.set(zmq::sockopt::heartbeat_ivl, 1000);
  socket_.set(zmq::sockopt::heartbeat_timeout, 2000);
  socket_.set(zmq::sockopt::handshake_ivl, 3000);
  socket_.set(zmq::sockopt::reconnect_ivl, 100);
  socket_.set(zmq::sockopt::reconnect_ivl_max, 5000);
  constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                          ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                          ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
  if (zmq_socket_monitor(socket_.handle(), "inproc://monitor", kEvents) != 0) throw zmq::error_t();
  monitor_.set(zmq::sockopt::linger, 0);
  monitor_.connect("inproc://monitor");
}

VideoSocket::~VideoSocket() { zmq_socket_monitor(socket_.handle(), nullptr, 0); }

// Not for all: an IPv4 address would be shown in its IPv6 form.
void VideoSocket::allow_ipv6(const std::string& address) {
  if (address.find('[') != std::string::npos) socket_.set(zmq::sockopt::ipv6, true);
}

void VideoSocket::bind(const std::string& address) {
  allow_ipv6(address);
  try {
    socket_.bind(address);
  } catch (const zmq::error_t& e) {
    const char* what_to_do =
        e.num() == EADDRINUSE ? "is another sluice or hub running? stop it, or choose another port"
        : e.num() == EADDRNOTAVAIL || e.num() == ENODEV
            ? "this machine has no such address; \"*\" takes all it has"
        : e.num() == EACCES ? "choose a port above 1023, or a folder you may write to"
                            : "check the address";
    throw std::runtime_error(
        fmt::format("cannot listen on {}: {}; {}", address, e.what(), what_to_do));
  }
}

void VideoSocket::connect(const std::string& address) {
  allow_ipv6(address);
  try {
    socket_.connect(address);
  } catch (const zmq::error_t& e) {
    throw std::runtime_error(
        fmt::format("cannot connect to {}: {}; check the address", address, e.what()));
  }
}

std::string VideoSocket::bound() const { return socket_.get(zmq::sockopt::last_endpoint); }

void VideoSocket::wait(Duration limit, int fd, bool or_writable) {
  const auto events = static_cast<short>(or_writable ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
  std::array<zmq::pollitem_t, 3> items{{{socket_.handle(), 0, events, 0},
                                        {monitor_.handle(), 0, ZMQ_POLLIN, 0},
                                        {nullptr, fd, ZMQ_POLLIN, 0}}};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(limit);
  zmq::poll(items.data(), fd < 0 ? 2 : 3, ms);
}

bool VideoSocket::readable() { return (socket_.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0; }
bool VideoSocket::writable() { return (socket_.get(zmq::sockopt::events) & ZMQ_POLLOUT) != 0; }

void VideoSocket::read_news(const std::function<void(News, const std::string&)>& tell) {
  for (;;) {
    zmq::message_t event;
    if (!monitor_.recv(event, zmq::recv_flags::dontwait)) return;
    zmq::message_t address;
    if (!monitor_.recv(address, zmq::recv_flags::dontwait)) return;
    std::uint16_t number = 0;
    std::memcpy(&number, event.data(), sizeof number);
    const auto news = number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? News::up
                      : number == ZMQ_EVENT_DISCONNECTED      ? News::down
                                                              : News::refused;
    tell(news, address.to_string());
  }
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

}  // namespace sluice
