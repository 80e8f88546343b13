// A ZeroMQ socket set up for video, and what its monitor tells. Belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <sluice/media/time.hpp>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace sluice {

class VideoSocket {
 public:
  // `most_bytes`: a larger message makes the peer's connection fail.
  VideoSocket(zmq::socket_type type, std::int64_t most_bytes);
  ~VideoSocket();
  VideoSocket(const VideoSocket&) = delete;
  VideoSocket& operator=(const VideoSocket&) = delete;

  // Both throw std::runtime_error saying what to do.
  void bind(const std::string& address);
  void connect(const std::string& address);

  zmq::socket_t& socket() { return socket_; }
  // The address bound last, with the port that "*" became.
  std::string bound() const;

  // Waits until the socket is readable (`or_writable`: or writable), the monitor has news, or `fd`
  // (-1: none) is readable.
  void wait(Duration limit, int fd, bool or_writable);
  bool readable();
  bool writable();

  enum class News { up, down, refused };
  // What has happened to connections since it was last asked.
  void read_news(const std::function<void(News, const std::string& address)>& tell);

 private:
  void allow_ipv6(const std::string& address);

  // Its own, so that closing waits for nobody else's messages.
  zmq::context_t context_;
  zmq::socket_t socket_;
  zmq::socket_t monitor_;
};

// All parts of the next message, without waiting; empty if there is none. Parts past `most` are
// read and thrown away, and counted in `beyond`.
std::vector<zmq::message_t> receive_parts(zmq::socket_t& socket, std::size_t most,
                                          std::size_t& beyond);

}  // namespace sluice
