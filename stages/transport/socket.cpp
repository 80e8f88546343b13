#include "transport/socket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
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
constexpr Duration kBetweenLooks = std::chrono::milliseconds(100);  // at who is connected

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

// A message part as it goes over the wire: flags, length, and with keys what encryption adds.
std::size_t on_the_wire(std::size_t bytes, bool curve) {
  constexpr std::size_t kEncryption = 33;
  const std::size_t framed = bytes + (curve ? kEncryption : 0);
  return framed + (framed < 256 ? 2 : 9);
}

bool means_later(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

// Of tcp://HOST:PORT.
std::optional<std::uint16_t> port_of(const std::string& address) {
  if (address.rfind("tcp://", 0) != 0) return {};
  return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

std::string metadata(zmq::message_t& message, const char* name) {
  const char* value = zmq_msg_gets(message.handle(), name);
  return value ? value : "";
}

constexpr const char* kNoZeroMq =
    "it is a plain TCP client, or another program, and does not speak ZeroMQ; send with imagezmq's "
    "ImageSender, or with Sluice's transport.send";

// What connects to a socket of this type, and isn't for it.
std::string another_type(zmq::socket_type type) {
  const std::string_view right = type == zmq::socket_type::router   ? "REQ or DEALER"
                                 : type == zmq::socket_type::dealer ? "REP or ROUTER"
                                 : type == zmq::socket_type::sub    ? "PUB"
                                 : type == zmq::socket_type::pub    ? "SUB"
                                 : type == zmq::socket_type::pull   ? "PUSH"
                                                                    : "PULL";
  return fmt::format(
      "another ZeroMQ socket type than {}, or uses CURVE keys; set pattern and "
      "security to what it uses",
      right);
}

}  // namespace

VideoSocket::VideoSocket(zmq::context_t& context, Options options, std::string address,
                         bool listens, Secure secure, SteadyTime now)
    : own_context_(listens ? std::nullopt : std::make_optional<zmq::context_t>(1)),
      context_(listens ? context : *own_context_),
      options_(options),
      address_(std::move(address)),
      listens_(listens),
      secure_(std::move(secure)),
      reads_(options_.type != zmq::socket_type::pub && options_.type != zmq::socket_type::push),
      door_(options_.limits) {
  open(now);
}

VideoSocket::~VideoSocket() { close(); }

void VideoSocket::open(SteadyTime now) {
  zmq::socket_t s(context_, options_.type);
  // ZeroMQ's defaults are for messages that must arrive; these are pictures, and old ones are
  // worthless.
  s.set(zmq::sockopt::immediate, true);  // nothing is queued for a peer that isn't there
  s.set(zmq::sockopt::sndhwm, options_.send_queue);
  // No limit, and no heartbeats: libzmq aborts the process when a peer goes whose queue here is
  // full and a heartbeat is due, or a PING of the peer's own lies behind it (4.3.4, 4.3.5; its
  // issue 4364). Heartbeats would also kill old peers (REQ of 4.2.0 to 4.2.5, SUB of 4.1). So who
  // reads here reads all the time, and the doorkeeper limits what there is to be read.
  s.set(zmq::sockopt::rcvhwm, 0);
  // What subscribers say is read by libzmq itself, as long as more comes: who floods would keep
  // this thread there for good. In small portions it comes to an end now and then.
  if (!reads_) s.set(zmq::sockopt::rcvbuf, 4096);
  s.set(zmq::sockopt::linger, 200);
  s.set(zmq::sockopt::maxmsgsize, options_.most_bytes);
  s.set(zmq::sockopt::connect_timeout, kConnectForMs);
  s.set(zmq::sockopt::tcp_keepalive, 1);
  if (listens_) {
    // An old sender whose connection is cut never sends again, so only a machine that is really
    // gone is: as late as TCP itself gives up a message that is under way (tcp_retries2).
    s.set(zmq::sockopt::tcp_keepalive_idle, 60);
    s.set(zmq::sockopt::tcp_keepalive_intvl, 60);
    s.set(zmq::sockopt::tcp_keepalive_cnt, 14);
    // Over a thin link that pictures fill, a handshake takes seconds.
    s.set(zmq::sockopt::handshake_ivl, 10'000);
  } else {
    const auto ms = static_cast<int>(options_.dead_after / std::chrono::milliseconds(1));
    s.set(zmq::sockopt::tcp_keepalive_idle, std::max(1, ms / 2000));
    s.set(zmq::sockopt::tcp_keepalive_intvl, std::max(1, ms / 4000));
    s.set(zmq::sockopt::tcp_keepalive_cnt, 2);
    // Of a hub that answers, who sends to it knows more.
    if (options_.type != zmq::socket_type::dealer) s.set(zmq::sockopt::tcp_maxrt, ms);
    s.set(zmq::sockopt::handshake_ivl, 3000);
  }
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
  zmq::socket_t monitor(context_, zmq::socket_type::pair);
  monitor.set(zmq::sockopt::linger, 0);
  // The I/O thread waits for room here; it must never have to.
  monitor.set(zmq::sockopt::rcvhwm, 0);
  monitor.connect(inproc);
  if (listens_) clear_way_for(address_);
  try {
    if (listens_)
      s.bind(address_);
    else
      s.connect(address_);
  } catch (const zmq::error_t& e) {
    if (means_later(e.num())) throw;
    throw std::runtime_error(fmt::format("cannot {} {}: {}; {}",
                                         listens_ ? "listen on" : "connect to", address_, e.what(),
                                         what_to_do(e.num())));
  }
  close();
  socket_.emplace(std::move(s));
  monitor_.emplace(std::move(monitor));
  if (listens_) port_ = port_of(bound());
  state_ = State::trying;
  since_ = now;
  peers_ = 0;
  fault_ = Fault::none;
}

void VideoSocket::close() {
  door_.clear();
  own_ = Connection();
  if (socket_) zmq_socket_monitor(socket_->handle(), nullptr, 0);
  monitor_.reset();
  socket_.reset();
}

// The old socket stays until there is a new one.
void VideoSocket::open_anew(SteadyTime now, const std::function<void(const News&)>& tell) {
  try {
    open(now);
  } catch (const zmq::error_t& e) {
    if (!means_later(e.num())) throw;
    since_ = now;
    pause_ = backoff_.next();
    if (!std::exchange(absent_told_, true))
      tell({News::What::absent, address_, -1,
            fmt::format("no connection can be made at the moment: {}; retrying", e.what())});
  }
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
  own_ = Connection();
  if (!listens_) door_.clear();
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
      tell({News::What::accepted, address_, value, {}});
      door_.accepted(value, Connection(value, port_), now, cut_and(tell));
      if (early_.connection == value) door_.read(value, std::exchange(early_, {}).bytes);
      break;
    case ZMQ_EVENT_CONNECTED:
      own_ = Connection(value);
      tell({News::What::accepted, address_, value, {}});
      door_.accepted(value, Connection(value), now, cut_and(tell));
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

std::function<void(int, const std::string&, const std::string&)> VideoSocket::cut_and(
    const std::function<void(const News&)>& tell) const {
  return [&](int connection, const std::string& address, const std::string& why) {
    tell({News::What::cut, address, connection, why});
  };
}

void VideoSocket::connection_ended(int connection, SteadyTime now,
                                   const std::function<void(const News&)>& tell) {
  auto ended = door_.ended(connection);
  const std::size_t others_greeted = listens_ && !ended.spoke ? door_.greeted() : 0;
  if (!listens_) ended.address = address_;
  own_ = Connection();
  const std::string& peer = ended.address;
  Fault fault = std::exchange(fault_, Fault::none);
  if (ended.told && fault != Fault::none) fault = Fault::told;
  const bool greeted = ended.received >= Doorkeeper::kGreeting;
  const std::string why = secure_ ? "it does not speak ZeroMQ with CURVE keys that fit"
                          : !ended.received
                              ? fmt::format("{}; or {}", kNoZeroMq, another_type(options_.type))
                          : greeted ? "it is " + another_type(options_.type)
                                    : kNoZeroMq;
  const auto down = [&] {
    if (ended.by_us)
      tell({News::What::cut, peer, connection,
            fmt::format("it sent a message larger than {}{}", options_.most_is,
                        ended.spoke ? ", or what is no message at all"
                                    : fmt::format("; or {}", kNoZeroMq))});
    tell({News::What::down, peer, connection, {}});
  };
  if (!listens_) {
    if (state_ == State::up) {
      peers_ = 0;
      down();
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
  if (fault != Fault::none)
    return tell({News::What::refused, peer, connection, fault == Fault::told ? "" : why});
  if (unfit_ > 0) {
    --unfit_;
    return tell({News::What::refused, peer, connection, {}});
  }
  // ZeroMQ does not always say that a handshake failed. A greeting and what follows it are short;
  // who connects and goes, saying nothing, only looks whether somebody listens. (Subscribers say
  // nothing that is read here, so of them it can't be told.)
  constexpr std::uint64_t kLongestHandshake = 1024;
  const bool brief =
      !ended.received || (*ended.received > 0 && *ended.received <= kLongestHandshake);
  const bool was_let_in = ended.spoke || others_greeted < static_cast<std::size_t>(peers_);
  if (reads_ && !secure_ && !was_let_in && brief)
    return tell({News::What::refused, peer, connection, why});
  peers_ = std::max(0, peers_ - 1);
  down();
}

void VideoSocket::keep(SteadyTime now, const std::function<void(const News&)>& tell) {
  while (read_monitor(now, tell)) {
  }
  if (now - looked_ >= kBetweenLooks) {
    looked_ = now;
    door_.look(std::exchange(drained_, false) || !reads_, now, cut_and(tell));
  }
  if (listens_) return;
  if (state_ == State::trying && now - since_ > kTryFor) nobody_there(now, tell);
  if (state_ == State::waiting && now - since_ >= pause_) open_anew(now, tell);
}

VideoSocket::Received VideoSocket::receive(std::size_t most_parts) {
  Received received;
  std::size_t bytes = 0;
  // What ZeroMQ puts first, of a ROUTER, has not come over the wire.
  bool own = options_.type == zmq::socket_type::router;
  const auto each = [&](std::size_t size) {
    if (!std::exchange(own, false)) bytes += on_the_wire(size, secure_ != nullptr);
  };
  received.parts = receive_parts(*socket_, most_parts, received.beyond, each);
  if (received.parts.empty()) {
    drained_ = true;
    return received;
  }
  received.connection = zmq_msg_get(received.parts.back().handle(), ZMQ_SRCFD);
  if (knows(received.connection))
    door_.read(received.connection, bytes);
  else
    early_ = {received.connection, bytes};
  return received;
}

std::optional<Traffic> VideoSocket::traffic(int connection) const {
  if (!listens_) return own_.traffic();
  const auto* found = door_.find(connection);
  return found ? found->traffic() : std::nullopt;
}

SteadyTime VideoSocket::due(SteadyTime now) const {
  const SteadyTime later =
      now + (door_.has_strangers() ? kBetweenLooks : Duration(std::chrono::seconds(1)));
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
                                          std::size_t& beyond,
                                          const std::function<void(std::size_t)>& each) {
  std::vector<zmq::message_t> parts;
  beyond = 0;
  for (;;) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) return parts;
    const bool more = part.more();
    if (each) each(part.size());
    if (parts.size() < most)
      parts.push_back(std::move(part));
    else
      ++beyond;
    if (!more) return parts;
  }
}

std::string address_of(zmq::message_t& message) { return metadata(message, "Peer-Address"); }

}  // namespace sluice
