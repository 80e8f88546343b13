// ZMTP 3.1 without keys, by hand: what no ZeroMQ library sends.
#pragma once

#include <string>

#include "tcp.hpp"

namespace test::zmtp {

// One part of a message, of less than 256 bytes.
std::string part(const std::string& bytes, bool more = false);
std::string ping();
// Shakes hands as a socket of this type, such as "REQ".
void greet(Tcp& connection, const std::string& type);

}  // namespace test::zmtp
