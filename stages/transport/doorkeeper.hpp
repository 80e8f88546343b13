// Who is connected to a socket that listens, and who is too much: strangers may open as many
// connections as they like, say nothing on them, or send more than anybody reads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <sluice/base/machine_memory.hpp>
#include <sluice/media/time.hpp>
#include <string>
#include <unordered_map>

#include "transport/connection.hpp"

namespace sluice {

// Belongs to its socket's thread.
class Doorkeeper {
 public:
  struct Limits {
    std::size_t most = 256;             // connections
    std::size_t most_per_address = 32;  // but for this machine's own
    // What may have come and not been read, in bytes: ZeroMQ keeps it. Of one connection, when
    // all whole messages have been read, and in all.
    std::uint64_t most_unread = std::uint64_t{16} << 20;
    std::uint64_t most_unread_in_all = std::uint64_t{128} << 20;
    // What this process may have grown to while anything is unread: ZeroMQ needs 64 bytes for a
    // part of a message, be it as small as two on the wire.
    std::uint64_t most_resident = memory_of_this_machine() / 2;
    bool curve = false;
    // Peers are there to send: who never has gives its place to a newcomer.
    bool peers_send = false;
  };
  // Of those that have not shaken hands. The oldest makes room for the next: who means it well
  // needs a moment only.
  static constexpr std::uint64_t kGreeting = 64;  // bytes
  static constexpr std::size_t kMostStrangers = 128, kMostStrangersPerAddress = 32;

  // Told of each that is cut off; `why` names the setting.
  using Cut = std::function<void(int number, const std::string& address, const std::string& why)>;

  explicit Doorkeeper(Limits limits) : limits_(limits) {}

  // `number`: as ZeroMQ tells of the connection by.
  void accepted(int number, Connection connection, SteadyTime now, const Cut& cut);
  // A message has been read that took so many bytes on the wire.
  void read(int number, std::size_t bytes);
  // Finds who keeps too much here. Call it several times a second; `drained`: all that had come
  // has been read a moment ago.
  void look(bool drained, SteadyTime now, const Cut& cut);

  struct Ended {
    std::string address;
    bool told = false;                      // it was cut off here, and why has been told
    bool by_us = false;                     // ZeroMQ has ended it, for what came
    bool spoke = false;                     // a message of its has been read
    std::optional<std::uint64_t> received;  // bytes; of one that was gone at once not known
  };
  Ended ended(int number);
  void clear() { peers_.clear(); }

  // How many have sent a whole greeting, by which ZeroMQ knows its own.
  std::size_t greeted() const;
  // Whether somebody has yet to shake hands, and look() should be called soon.
  bool has_strangers() const;
  const Connection* find(int number) const;
  bool has_cut(int number) const;  // and it has not ended yet

 private:
  struct Peer {
    Connection connection;
    SteadyTime since{};
    std::uint64_t order = 0;  // in which they came; many may do so at the same time
    bool known = false;       // has shaken hands
    bool cut = false;
    std::uint64_t read = 0, read_before = 0;  // bytes; the latter when it was last looked at
  };
  using Peers = std::unordered_map<int, Peer>;
  using Counts = std::map<std::string, std::uint64_t>;  // by address
  using Unread = std::map<int, std::uint64_t>;          // bytes, by number

  static bool is_local(const std::string& address);
  void limit_strangers(const std::string& address, const Cut& cut);
  void limit_peers(int newcomer, const Cut& cut);
  Peers::iterator oldest_that_never_sent(int newcomer);
  void limit_resident(Unread& unread, const Cut& cut);
  void limit_unread(Unread& unread, const Cut& cut);
  Counts by_address(const Unread& unread) const;
  Unread::iterator most_of(const std::string& address, Unread& unread) const;
  void cut_oldest_stranger(const std::string& address, const std::string& why, const Cut& cut);
  void cut_off(int number, const std::string& why, const Cut& cut);

  const Limits limits_;
  Peers peers_;
  std::uint64_t came_ = 0;  // peers, so far
};

}  // namespace sluice
