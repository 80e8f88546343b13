// A ZeroMQ socket set up for video, at one address: it listens there, or connects and comes back by
// itself, without end. Belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <sluice/media/time.hpp>
#include <span>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "transport/backoff.hpp"
#include "transport/connection.hpp"
#include "transport/doorkeeper.hpp"

namespace sluice {

class VideoSocket {
 public:
  struct Options {
    zmq::socket_type type{};
    std::int64_t most_bytes = 0;  // a larger message ends the connection
    int send_queue = 64;  // messages for each peer, past which it is not writable (or drops)
    // Where this side connects: how long a machine may be gone before the kernel says so.
    Duration dead_after = std::chrono::seconds(2);
    // Where it listens. What is read here must be read all the time; how much may wait is limited.
    Doorkeeper::Limits limits;
    std::string most_is;  // for people: the setting that most_bytes comes from
  };
  struct News {
    // accepted: a connection begins, which may come to nothing
    // up, down: it is good; it is over
    // refused: it came to nothing, or to an end, because of what the other side said
    // cut: this side has ended it, which `down` or `refused` follows
    // absent: nobody answers there; told once until somebody does
    enum class What { accepted, up, down, refused, cut, absent } what{};
    std::string address;  // of the other end where it is known, else the socket's own
    int connection = -1;  // accepted, down, refused: as Received gives it
    std::string why;      // refused (empty: it has been told), cut, absent
  };
  // A message: all of its parts, but those past the first few, which are counted only.
  struct Received {
    std::vector<zmq::message_t> parts;
    std::size_t beyond = 0;
    int connection = -1;  // a number that no other living connection of this process has
  };

  // Done to each new socket before it binds or connects; empty where there is no security.
  using Secure = std::function<void(zmq::socket_t&)>;

  // Listening throws std::runtime_error that says what to do; connecting is tried without end. A
  // socket that listens belongs to `context`, whose ZAP handler says who gets in. One that connects
  // has a context of its own: looking up a name may take its time, and holds up no other
  // connection.
  VideoSocket(zmq::context_t& context, Options options, std::string address, bool listens,
              Secure secure, SteadyTime now);
  ~VideoSocket();
  VideoSocket(const VideoSocket&) = delete;
  VideoSocket& operator=(const VideoSocket&) = delete;

  zmq::socket_t& socket() { return *socket_; }
  zmq::socket_t& monitor() { return *monitor_; }
  const std::string& address() const { return address_; }
  bool listens() const { return listens_; }
  // The address with the port that "*" became.
  std::string bound() const { return socket_->get(zmq::sockopt::last_endpoint); }

  // The next message, without waiting; without parts if there is none.
  Received receive(std::size_t most_parts);
  bool writable() { return (socket_->get(zmq::sockopt::events) & ZMQ_POLLOUT) != 0; }
  int peers() const { return peers_; }
  // Whether it has been told of this connection. A message may come first: call keep() then, which
  // may cut it off.
  bool knows(int connection) const { return door_.find(connection) != nullptr; }
  bool has_cut(int connection) const { return door_.has_cut(connection); }
  // What has moved over a connection; of one that connects, its only one. None if it is over, or of
  // this machine.
  std::optional<Traffic> traffic(int connection) const;
  std::optional<Traffic> traffic() const { return own_.traffic(); }

  // Tells what has happened to connections since it was last called, and does what is due: a
  // connection that broke is made anew after a while. What the old one still held is lost then, so
  // messages that have arrived should be read when `down` is told.
  void keep(SteadyTime now, const std::function<void(const News&)>& tell);
  // When keep() has something to do though nothing happens; never later than in a second.
  SteadyTime due(SteadyTime now) const;
  // Gives the connection up, as if it had broken.
  void reconnect(SteadyTime now);

 private:
  void open(SteadyTime now);
  void close();
  void break_off(SteadyTime now);
  void give_up(SteadyTime now);
  void connection_ended(int connection, SteadyTime now,
                        const std::function<void(const News&)>& tell);
  void nobody_there(SteadyTime now, const std::function<void(const News&)>& tell);
  bool read_monitor(SteadyTime now, const std::function<void(const News&)>& tell);
  void open_anew(SteadyTime now, const std::function<void(const News&)>& tell);
  std::function<void(int, const std::string&, const std::string&)> cut_and(
      const std::function<void(const News&)>& tell) const;

  std::optional<zmq::context_t> own_context_;
  zmq::context_t& context_;
  const Options options_;
  const std::string address_;
  const bool listens_;
  const Secure secure_;
  const bool reads_;  // messages; a publisher's subscribers send none

  std::optional<zmq::socket_t> socket_, monitor_;
  int peers_ = 0;
  // Why the connection that ends next does; the monitor tells both in a row.
  enum class Fault { none, protocol, silence, told } fault_ = Fault::none;
  int unfit_ = 0;    // connections refused for their key, whose end comes later
  Doorkeeper door_;  // also where it connects: the other side may send what it likes
  // A message that was read before its connection was told of.
  struct Early {
    int connection = -1;
    std::size_t bytes = 0;
  } early_;
  std::optional<std::uint16_t> port_;
  SteadyTime looked_{};
  bool drained_ = true;  // since looked_
  Connection own_;       // where it connects

  // Of a socket that connects.
  enum class State { trying, up, waiting } state_ = State::trying;
  SteadyTime since_{};  // of this state
  Duration pause_{};    // of `waiting`
  bool absent_told_ = false;
  Backoff backoff_;
};

// Waits until one of the sockets has something to read, or to tell, or is writable where
// `for_writing` says so for its place; or `fd` (-1: none) is readable; or the time has come.
void wait_for(const std::vector<VideoSocket*>& sockets, const std::vector<bool>& for_writing,
              int fd, Duration limit);

// A message that is these bytes themselves, not a copy of them. `owner` keeps them, and is let go
// when they are sent, in one of ZeroMQ's threads.
zmq::message_t message_over(std::span<const std::uint8_t> bytes, std::shared_ptr<const void> owner);

// All parts of the next message, without waiting; empty if there is none. Parts past `most` are
// read and thrown away, and counted in `beyond`. `each` is told the size of each.
std::vector<zmq::message_t> receive_parts(zmq::socket_t& socket, std::size_t most,
                                          std::size_t& beyond,
                                          const std::function<void(std::size_t)>& each = nullptr);

// The address of the machine that a message came from.
std::string address_of(zmq::message_t& message);

}  // namespace sluice
