#include "transport/doorkeeper.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace sluice {
namespace {

// What has come and gone over a connection by the end of the handshake, in bytes. Without keys the
// other side's greeting has 64, and what follows it at least 27. With keys this side's answer to a
// key that is allowed comes after a greeting of 64 and a welcome of 170.
constexpr std::uint64_t kReceivedWithoutKeys = 90;
constexpr std::uint64_t kAcknowledgedWithKeys = 256;
// More than any handshake has.
constexpr std::uint64_t kMostOfHandshake = 64 * 1024;

// ZeroMQ's own bytes, which are never read as messages: the handshake, and what keeps a link alive
// at old peers that send such.
std::uint64_t own_bytes(Duration age) {
  return 1024 + 64 * static_cast<std::uint64_t>(std::max(0.0, seconds(age)));
}

template <class Map>
auto greatest(const Map& map) {
  return std::max_element(map.begin(), map.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; });
}

// Of this process; 0 where that can't be told.
std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm").ignore(32, ' ') >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

bool Doorkeeper::is_local(const std::string& address) {
  return address.empty() || address.rfind("127.", 0) == 0 || address == "::1" ||
         address.rfind("::ffff:127.", 0) == 0;
}

void Doorkeeper::accepted(int number, Connection connection, SteadyTime now, const Cut& cut) {
  const std::string address = connection.address();
  peers_[number] = Peer{std::move(connection), now, ++came_};
  limit_strangers(address, cut);
  limit_peers(number, cut);
}

void Doorkeeper::read(int number, std::size_t bytes) {
  const auto it = peers_.find(number);
  if (it == peers_.end()) return;
  it->second.known = true;
  it->second.read += bytes;
}

void Doorkeeper::cut_off(int number, const std::string& why, const Cut& cut) {
  auto& peer = peers_.at(number);
  peer.cut = true;
  peer.connection.cut();
  cut(number, peer.connection.address(), why);
}

void Doorkeeper::cut_oldest_stranger(const std::string& address, const std::string& why,
                                     const Cut& cut) {
  auto oldest = peers_.end();
  for (auto it = peers_.begin(); it != peers_.end(); ++it)
    if (!it->second.known && !it->second.cut && it->second.connection.address() == address &&
        (oldest == peers_.end() || it->second.order < oldest->second.order))
      oldest = it;
  if (oldest != peers_.end()) cut_off(oldest->first, why, cut);
}

void Doorkeeper::limit_strangers(const std::string& address, const Cut& cut) {
  if (peers_.size() <= kMostStrangersPerAddress) return;
  Counts strangers;
  std::size_t all = 0;
  for (const auto& [number, peer] : peers_)
    if (!peer.known && !peer.cut) ++strangers[peer.connection.address()], ++all;
  const auto text = [](std::size_t most) {
    return fmt::format(
        "it keeps connections that say nothing; of those that have not shaken hands {} are kept",
        most);
  };
  if (!is_local(address) && strangers[address] > kMostStrangersPerAddress)
    cut_oldest_stranger(address, text(kMostStrangersPerAddress), cut);
  else if (all > kMostStrangers)
    cut_oldest_stranger(greatest(strangers)->first, text(kMostStrangers), cut);
}

// Who is in keeps its place.
void Doorkeeper::limit_peers(int newcomer, const Cut& cut) {
  const auto it = peers_.find(newcomer);
  if (it == peers_.end() || it->second.cut) return;
  const auto address = it->second.connection.address();
  std::size_t all = 0, same = 0;
  for (const auto& [number, peer] : peers_) {
    if (peer.cut) continue;
    ++all;
    if (peer.connection.address() == address) ++same;
  }
  if (!is_local(address) && same > limits_.most_per_address)
    cut_off(newcomer,
            fmt::format("max_peers_per_address = {} of its connections are there",
                        limits_.most_per_address),
            cut);
  else if (all > limits_.most) {
    const auto silent = oldest_that_never_sent(newcomer);
    cut_off(silent == peers_.end() ? newcomer : silent->first,
            fmt::format("max_peers = {} are connected{}", limits_.most,
                        silent == peers_.end() ? "" : ", and it has never sent anything"),
            cut);
  }
}

Doorkeeper::Peers::iterator Doorkeeper::oldest_that_never_sent(int newcomer) {
  auto oldest = peers_.end();
  if (!limits_.peers_send) return oldest;
  for (auto it = peers_.begin(); it != peers_.end(); ++it) {
    const auto& [number, peer] = *it;
    if (number == newcomer || peer.cut || peer.read > 0) continue;
    if (oldest == peers_.end() || peer.order < oldest->second.order) oldest = it;
  }
  return oldest;
}

void Doorkeeper::look(bool drained, SteadyTime now, const Cut& cut) {
  if (peers_.empty()) return;
  Unread unread;
  for (auto& [number, peer] : peers_) {
    if (peer.cut) continue;
    const auto traffic = peer.connection.traffic();
    if (!traffic) {
      peer.known = true;  // of this machine: there is no telling
      continue;
    }
    if (!peer.known)
      peer.known = limits_.curve ? traffic->acknowledged > kAcknowledgedWithKeys
                                 : traffic->received > kReceivedWithoutKeys;
    if (!peer.known && traffic->received > kMostOfHandshake) {
      cut_off(number, "it sent more than a handshake has, and no key", cut);
      continue;
    }
    const auto read = peer.read + own_bytes(now - peer.since);
    if (traffic->received > read) unread[number] = traffic->received - read;
    // Whole messages would have been read by now.
    const bool endless = drained && peer.read == std::exchange(peer.read_before, peer.read);
    if (endless && unread[number] > limits_.most_unread) {
      cut_off(number,
              fmt::format("{} bytes came from it that are no whole message", unread[number]), cut);
      unread.erase(number);
    }
  }
  limit_resident(unread, cut);
  limit_unread(unread, cut);
}

Doorkeeper::Counts Doorkeeper::by_address(const Unread& unread) const {
  Counts counts;
  for (const auto& [number, bytes] : unread)
    counts[peers_.at(number).connection.address()] += bytes;
  return counts;
}

Doorkeeper::Unread::iterator Doorkeeper::most_of(const std::string& address, Unread& unread) const {
  auto most = unread.end();
  for (auto it = unread.begin(); it != unread.end(); ++it)
    if (peers_.at(it->first).connection.address() == address &&
        (most == unread.end() || it->second > most->second))
      most = it;
  return most;
}

// One at each look: what it kept here has to go first, before it shows who else is too much.
void Doorkeeper::limit_resident(Unread& unread, const Cut& cut) {
  constexpr std::uint64_t kLittle = 1 << 20;
  if (unread.empty()) return;
  const auto most = most_of(greatest(by_address(unread))->first, unread);
  if (most->second < kLittle) return;
  const auto resident = resident_bytes();
  if (resident <= limits_.most_resident) return;
  cut_off(most->first,
          fmt::format("this process takes {} MiB, more than half of the memory here, while {} MiB "
                      "from there wait to be read",
                      resident >> 20, most->second >> 20),
          cut);
  unread.erase(most);
}

void Doorkeeper::limit_unread(Unread& unread, const Cut& cut) {
  auto counts = by_address(unread);
  std::uint64_t all = 0;
  for (const auto& [address, bytes] : counts) all += bytes;
  while (all > limits_.most_unread_in_all) {
    const auto address = greatest(counts)->first;
    const auto most = most_of(address, unread);
    // Who has no more under way than one message does as it should; many such are too much at last.
    if (most->second <= limits_.most_unread && all <= 2 * limits_.most_unread_in_all) return;
    cut_off(
        most->first,
        fmt::format("{} MiB came faster than they can be read, most of it from there", all >> 20),
        cut);
    all -= most->second;
    counts[address] -= most->second;
    unread.erase(most);
  }
}

Doorkeeper::Ended Doorkeeper::ended(int number) {
  const auto it = peers_.find(number);
  if (it == peers_.end()) return {};
  const Peer& peer = it->second;
  Ended ended{peer.connection.address(), peer.cut, !peer.cut && !peer.connection.ended_by_peer(),
              peer.read > 0};
  if (const auto traffic = peer.connection.traffic()) ended.received = traffic->received;
  peers_.erase(it);
  return ended;
}

std::size_t Doorkeeper::greeted() const {
  return static_cast<std::size_t>(std::count_if(peers_.begin(), peers_.end(), [](const auto& peer) {
    const auto traffic = peer.second.connection.traffic();
    return traffic && traffic->received >= kGreeting;
  }));
}

bool Doorkeeper::has_strangers() const {
  return std::any_of(peers_.begin(), peers_.end(),
                     [](const auto& peer) { return !peer.second.known; });
}

bool Doorkeeper::has_cut(int number) const {
  const auto it = peers_.find(number);
  return it != peers_.end() && it->second.cut;
}

const Connection* Doorkeeper::find(int number) const {
  const auto it = peers_.find(number);
  return it == peers_.end() ? nullptr : &it->second.connection;
}

}  // namespace sluice
