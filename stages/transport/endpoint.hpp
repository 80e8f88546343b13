// Addresses as transport stages take them: tcp://HOST:PORT and ipc://PATH.
#pragma once

#include <string>
#include <vector>

namespace sluice {

struct Endpoint {
  std::string address;  // as ZeroMQ takes it
  bool local = false;   // loopback or ipc: no other machine gets there
};

// For connecting. Throws std::runtime_error that says what to write where the address is malformed;
// whether a host has that name shows only when it is tried.
Endpoint connect_endpoint(const std::string& address);

// For binding; the host may be '*', an address or an interface.
Endpoint bind_endpoint(const std::string& address);

}  // namespace sluice
