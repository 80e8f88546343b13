// Sets up a socket for CURVE. To be done before it binds or connects.
#pragma once

#include <string>
#include <zmq.hpp>

#include "transport/keys.hpp"

namespace sluice {

// For a side that binds. Who gets in is up to the ZapHandler of the socket's context; without one
// ZeroMQ lets in anybody who knows the public key, so make that first.
void serve_curve(zmq::socket_t& socket, const KeyPair& own);

// For a side that connects. `peer_key`: the public key of the side that binds.
void use_curve(zmq::socket_t& socket, const KeyPair& own, const std::string& peer_key);

}  // namespace sluice
