// One connection of a ZeroMQ socket, as the kernel knows it: who is at the other end, how much has
// moved, and an end to it. ZeroMQ tells of a connection by its descriptor's number only, which may
// be another's by the time that it is used; so a copy of the descriptor is held here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

struct Traffic {
  std::uint64_t received = 0;  // bytes
  std::uint64_t acknowledged = 0;
  bool under_way = false;  // bytes were sent that the other side's kernel has not acknowledged
};

class Connection {
 public:
  Connection() = default;  // none
  // `port`: of this machine's end where that is known, so that no other connection is taken for it.
  explicit Connection(int descriptor, std::optional<std::uint16_t> port = {});
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  const std::string& address() const { return address_; }  // of the other machine; empty: ipc
  // None where the kernel keeps no such books (ipc).
  std::optional<Traffic> traffic() const;
  // The other side has ended it, or it broke; if ZeroMQ has ended it, that was for what came.
  bool ended_by_peer() const;
  // Ends it; ZeroMQ finds it closed.
  void cut() const;

 private:
  int fd_ = -1;
  std::string address_;
};

}  // namespace sluice
