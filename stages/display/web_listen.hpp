// The socket of the web server.
#pragma once

#include <sluice/graph/listen.hpp>

namespace sluice::display {

// A listening socket; the port is filled in where it was 0. Throws std::runtime_error that says
// what to do, for instance about a port that is in use. The caller owns the descriptor.
int open_listener(ListenAddress& where);

}  // namespace sluice::display
