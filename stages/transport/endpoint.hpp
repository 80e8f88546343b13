// Addresses as transport stages take them: tcp://HOST:PORT and ipc://PATH.
#pragma once

#include <string>
#include <vector>

namespace sluice {

struct Endpoint {
  std::string address;  // as ZeroMQ takes it
  bool local = false;   // loopback or ipc: no other machine gets there
};

// For connecting, by the address's form alone: whether a host has that name shows when it is tried.
// Throws std::runtime_error that says what is wrong and what to write.
Endpoint connect_endpoint(const std::string& address);

// For binding, by form; the host may be '*', an address or an interface, the port '*'.
Endpoint bind_endpoint(const std::string& address);

}  // namespace sluice
