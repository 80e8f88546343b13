// Who is cut off, over real connections of this machine, whose bytes nobody reads but the kernel.

#include "transport/doorkeeper.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMiB = 1 << 20;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    if (fd < 0) throw std::runtime_error("no socket");
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// A door with its keeper, and those who have come to it.
class Entrance {
 public:
  explicit Entrance(Doorkeeper::Limits limits) : keeper_(limits) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    REQUIRE(bind(listener_.fd(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
    REQUIRE(listen(listener_.fd(), 512) == 0);
    REQUIRE(getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&where_), &size) == 0);
  }

  // Somebody connects; gives the number that the door knows them by.
  int connect() {
    auto& pair = pairs_.emplace_back(where_, listener_.fd());
    keeper_.accepted(pair.inside.fd(), Connection(pair.inside.fd()), now_, cut());
    return pair.inside.fd();
  }
  // They send, and this side takes it from the kernel, as ZeroMQ does.
  void send(int number, std::size_t bytes) {
    std::vector<char> chunk(64 * 1024);
    while (bytes > 0) {
      const auto size = std::min(bytes, chunk.size());
      const auto sent = ::send(pair(number).outside.fd(), chunk.data(), size, MSG_NOSIGNAL);
      REQUIRE(sent > 0);
      for (auto left = sent; left > 0;) {
        const auto got = recv(number, chunk.data(), static_cast<std::size_t>(left), 0);
        REQUIRE(got > 0);
        left -= got;
      }
      bytes -= static_cast<std::size_t>(sent);
    }
  }
  void shake_hands(int number) {
    send(number, 91);
    look();
  }
  void read(int number, std::size_t bytes) { keeper_.read(number, bytes); }
  void look(bool drained = false) {
    now_ += 100ms;
    keeper_.look(drained, now_, cut());
  }
  bool is_open(int number) {
    pollfd state{pair(number).outside.fd(), POLLRDHUP, 0};
    return poll(&state, 1, 0) == 0;
  }
  // Why each was cut off, in turn; forgotten then.
  std::vector<std::pair<int, std::string>> take_cuts() { return std::exchange(cuts_, {}); }

 private:
  struct Pair {
    Pair(const sockaddr_in& where, int listener)
        : outside(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), inside([&] {
            if (::connect(outside.fd(), reinterpret_cast<const sockaddr*>(&where), sizeof where))
              throw std::runtime_error("no connection");
            return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
          }()) {}
    Socket outside, inside;
  };
  Pair& pair(int number) {
    for (auto& pair : pairs_)
      if (pair.inside.fd() == number) return pair;
    throw std::logic_error("nobody has that number");
  }
  Doorkeeper::Cut cut() {
    return [this](int number, const std::string& address, const std::string& why) {
      CHECK(address == "127.0.0.1");
      cuts_.emplace_back(number, why);
    };
  }

  Doorkeeper keeper_;
  SteadyTime now_ = Clock::system().steady();
  sockaddr_in where_{};
  Socket listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::list<Pair> pairs_;
  std::vector<std::pair<int, std::string>> cuts_;
};

// A case that takes nothing from the machine that it runs on.
Doorkeeper::Limits limits() {
  Doorkeeper::Limits limits;
  limits.most_resident = UINT64_MAX;
  return limits;
}

}  // namespace

TEST_CASE("doorkeeper: who is in keeps its place, and one too many is turned away") {
  auto two = limits();
  two.most = 2;
  Entrance door(two);
  const int first = door.connect(), second = door.connect();
  CHECK(door.take_cuts().empty());
  const int third = door.connect();
  CHECK(door.take_cuts() ==
        std::vector<std::pair<int, std::string>>{{third, "max_peers = 2 are connected"}});
  CHECK(door.is_open(first));
  CHECK(door.is_open(second));
  CHECK_FALSE(door.is_open(third));
}

TEST_CASE("doorkeeper: where peers are there to send, who never has makes room") {
  auto two = limits();
  two.most = 2;
  two.peers_send = true;
  Entrance door(two);
  const int sends = door.connect(), silent = door.connect();
  door.read(sends, 100);
  const int newcomer = door.connect();
  CHECK_FALSE(door.is_open(silent));
  CHECK(door.is_open(sends));
  CHECK(door.is_open(newcomer));
}

TEST_CASE("doorkeeper: of those that don't shake hands the oldest makes room") {
  Entrance door(limits());
  const int known = door.connect();
  door.shake_hands(known);
  std::vector<int> strangers;
  for (std::size_t i = 0; i < Doorkeeper::kMostStrangers; ++i) strangers.push_back(door.connect());
  CHECK(door.take_cuts().empty());
  const int newcomer = door.connect();
  const auto cuts = door.take_cuts();
  REQUIRE(cuts.size() == 1);
  CHECK(cuts[0].first == strangers[0]);
  CHECK(door.is_open(known));
  CHECK(door.is_open(newcomer));
}

TEST_CASE("doorkeeper: with keys, who sends and sends and has shown none is cut off") {
  auto keys = limits();
  keys.curve = true;
  Entrance door(keys);
  const int stranger = door.connect(), slow = door.connect();
  door.send(stranger, 65 * 1024);
  door.send(slow, 1024);
  door.look();
  CHECK_FALSE(door.is_open(stranger));
  CHECK(door.is_open(slow));
}

TEST_CASE("doorkeeper: a message without end is cut off, one under way isn't") {
  auto one = limits();
  one.most_unread = kMiB;
  Entrance door(one);
  const int endless = door.connect(), good = door.connect(), waits = door.connect();
  door.shake_hands(endless);
  door.send(endless, 2 * kMiB);
  door.send(good, kMiB / 2);
  // All that had come was not read yet: it may be whole messages.
  door.look(false);
  CHECK(door.take_cuts().empty());
  door.send(waits, 2 * kMiB);
  door.read(waits, 2 * kMiB);
  door.look(true);
  const auto cuts = door.take_cuts();
  REQUIRE(cuts.size() == 1);
  CHECK(cuts[0].first == endless);
  CHECK(door.is_open(good));
  CHECK(door.is_open(waits));
}

TEST_CASE("doorkeeper: who keeps most here unread goes first, until it is little enough") {
  auto few = limits();
  few.most_unread = kMiB;
  few.most_unread_in_all = 4 * kMiB;
  Entrance door(few);
  const int most = door.connect(), more = door.connect(), least = door.connect();
  door.send(most, 3 * kMiB);
  door.send(more, 2 * kMiB);
  door.send(least, kMiB / 2);
  door.look();
  CHECK_FALSE(door.is_open(most));
  CHECK(door.is_open(more));
  CHECK(door.is_open(least));
}

TEST_CASE("doorkeeper: messages under way, one of each, may be more in all, but not without end") {
  auto few = limits();
  few.most_unread = kMiB;
  few.most_unread_in_all = 2 * kMiB;
  Entrance door(few);
  for (int i = 0; i < 4; ++i) door.send(door.connect(), kMiB - 100);
  door.look();
  CHECK(door.take_cuts().empty());
  door.send(door.connect(), kMiB - 100);
  door.look();
  CHECK(door.take_cuts().size() == 1);
}

TEST_CASE("doorkeeper: where the process takes too much, who has most unread is cut off, in turn") {
  auto full = limits();
  full.most_resident = 1;
  Entrance door(full);
  const int most = door.connect(), more = door.connect(), little = door.connect();
  door.send(most, 3 * kMiB);
  door.send(more, 2 * kMiB);
  door.send(little, kMiB / 2);
  door.look();
  CHECK_FALSE(door.is_open(most));
  CHECK(door.is_open(more));
  door.look();
  CHECK_FALSE(door.is_open(more));
  door.look();
  CHECK(door.is_open(little));
  CHECK(door.take_cuts().size() == 2);
}
