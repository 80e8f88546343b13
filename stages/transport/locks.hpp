// What keeps strangers out of a transport stage: its own keys, and whose keys it lets in.
#pragma once

#include <zmq.hpp>

namespace sluice {

class Locks {
 public:
  // Before bind() or connect().
  void secure(zmq::socket_t& socket, bool listens) const;
};

}  // namespace sluice
