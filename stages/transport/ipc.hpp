// Listening at a path: what ZeroMQ doesn't look at before it does.
#pragma once

#include <string>

namespace sluice {

// Before a socket binds to this address: ZeroMQ removes whatever is at an ipc:// address's path, be
// it somebody's file, or the socket of another hub, which hears nothing ever after. Removes what a
// hub that has ended left there. Throws std::runtime_error, saying what to do, where anything else
// is. Nothing for addresses of other kinds.
void clear_way_for(const std::string& address);

}  // namespace sluice
