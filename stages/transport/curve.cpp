#include "transport/curve.hpp"

namespace sluice {

void serve_curve(zmq::socket_t& socket, const KeyPair& own) {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
  // Asks the ZAP handler also should the socket ever come to speak another mechanism.
  socket.set(zmq::sockopt::zap_domain, "sluice");
}

void use_curve(zmq::socket_t& socket, const KeyPair& own, const std::string& peer_key) {
  socket.set(zmq::sockopt::curve_publickey, own.public_key);
  socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
  socket.set(zmq::sockopt::curve_serverkey, peer_key);
}

}  // namespace sluice
