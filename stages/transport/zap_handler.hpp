// Answers a context's ZAP requests, from a folder of allowed keys.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "transport/allowed.hpp"
#include "transport/zap.hpp"

namespace sluice {

// Has a thread of its own, so that a peer's handshake never waits for frames. To be made before any
// socket of the context binds: from then on until its end, no peer of such a socket gets in
// unasked. Both `context` and `allowed` must outlive it, and the context's sockets should end
// before it. All of it may be called from any thread.
class ZapHandler {
 public:
  // Throws zmq::error_t (EADDRINUSE: this context has one already) or std::system_error.
  ZapHandler(zmq::context_t& context, AllowedKeys& allowed);
  ~ZapHandler();
  ZapHandler(const ZapHandler&) = delete;
  ZapHandler& operator=(const ZapHandler&) = delete;

  struct Refusals {
    std::vector<zap::Refused> newest;  // a bounded number
    std::uint64_t count = 0;           // of all
  };
  // Since it was last asked. A socket's own monitor tells that there are some.
  Refusals take_refused();

 private:
  void run();
  void answer_one();
  void failed(const char* why) noexcept;
  void note(zap::Refused refused);

  AllowedKeys& allowed_;
  zmq::socket_t socket_;  // of thread_, while that runs
  const int wake_;        // an eventfd
  std::mutex mutex_;      // of what follows
  std::deque<zap::Refused> refused_;
  std::uint64_t count_ = 0;
  std::thread thread_;
};

}  // namespace sluice
