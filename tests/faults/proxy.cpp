#include "faults/proxy.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

namespace test {

namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

void option(int fd, int level, int name, int value) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0)
    throw std::system_error(errno, std::generic_category(), "setsockopt");
}

// Close-on-exec: a process that the test starts must not keep a connection open.
int new_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  return fd;
}

void close_socket(int fd, bool by_reset) {
  const linger at_once{1, 0};
  if (by_reset) {
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  } else {
    shutdown(fd, SHUT_WR);  // else close() would reset where something has not been read
  }
  close(fd);
}

}  // namespace

Proxy::Proxy(std::string target)
    : target_(std::move(target)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  listen_again();
  address_ = "127.0.0.1:" + std::to_string(port_);
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  ask([this] { over_ = true; });
  thread_.join();
  close(wake_);
}

void Proxy::delay(std::chrono::milliseconds each_way) {
  ask([=, this] { conditions_[up].delay = conditions_[down].delay = each_way; });
}
void Proxy::limit(std::size_t bytes_per_second) {
  ask([=, this] {
    conditions_[up].bytes_per_second = conditions_[down].bytes_per_second = bytes_per_second;
  });
}
void Proxy::slice(std::size_t bytes) {
  ask([=, this] { conditions_[up].slice = conditions_[down].slice = bytes; });
}
void Proxy::stall(Way way, bool on) {
  ask([=, this] { conditions_[way].stalled = on; });
}
void Proxy::corrupt(Way way, std::size_t every) {
  ask([=, this] { conditions_[way].corrupt_every = every; });
}
void Proxy::reset_after(std::size_t bytes) {
  ask([=, this] { reset_after_ = bytes; });
}

void Proxy::door(Door door) {
  ask([=, this] {
    door_ = door;
    if (door == Door::shut && listener_ >= 0) {
      close(listener_);
      listener_ = -1;
    } else if (door != Door::shut && listener_ < 0) {
      listen_again();
    }
  });
}

void Proxy::cut() {
  ask([this] { end_all(false); });
}
void Proxy::reset() {
  ask([this] { end_all(true); });
}
void Proxy::half_close(Way way) {
  ask([=, this] {
    for (auto& connection : connections_) connection.pipes[way].half_close();
  });
}

std::uint64_t Proxy::accepted() {
  std::uint64_t n = 0;
  ask([&] { n = accepted_; });
  return n;
}
std::uint64_t Proxy::bytes(Way way) {
  std::uint64_t n = 0;
  ask([&] { n = bytes_[way]; });
  return n;
}
std::size_t Proxy::open() {
  std::size_t n = 0;
  ask([&] { n = connections_.size(); });
  return n;
}

void Proxy::ask(std::function<void()> what) {
  std::unique_lock lock(mutex_);
  asked_.push_back(std::move(what));
  const auto mine = ++times_asked_;
  const std::uint64_t one = 1;
  if (write(wake_, &one, sizeof one) != sizeof one) std::abort();  // an eventfd takes a one
  done_.wait(lock, [&] { return times_done_ >= mine; });
}

void Proxy::do_asked() {
  std::uint64_t ignored = 0;
  if (read(wake_, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
    throw std::system_error(errno, std::generic_category(), "eventfd");
  const std::lock_guard lock(mutex_);
  for (const auto& what : asked_) what();
  times_done_ += asked_.size();
  asked_.clear();
  done_.notify_all();
}

// On the port that it had before, if any.
void Proxy::listen_again() {
  listener_ = new_socket();
  option(listener_, SOL_SOCKET, SO_REUSEADDR, 1);
  auto a = loopback(port_);
  socklen_t size = sizeof a;
  auto* address = reinterpret_cast<sockaddr*>(&a);
  if (bind(listener_, address, size) != 0 || listen(listener_, 1024) != 0 ||
      getsockname(listener_, address, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "the proxy can't listen");
  port_ = ntohs(a.sin_port);
}

void Proxy::take_in() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    ++accepted_;
    if (door_ == Door::slams) {
      close_socket(client, true);
      continue;
    }
    const int server = new_socket();
    const auto port = static_cast<std::uint16_t>(std::stoi(target_.substr(target_.find(':') + 1)));
    const auto a = loopback(port);
    // On loopback a connection is there or refused at once, also for a socket that doesn't wait.
    if (connect(server, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 &&
        errno != EINPROGRESS) {
      close_socket(client, true);
      close_socket(server, true);
      continue;
    }
    for (const int fd : {client, server}) option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    connections_.push_back(
        {client, server, {Pipe(client, server), Pipe(server, client)}, reset_after_, {}});
  }
}

void Proxy::end(Connection& connection, bool by_reset) {
  close_socket(connection.client, by_reset);
  close_socket(connection.server, by_reset);
}

void Proxy::end_all(bool by_reset) {
  for (auto& connection : connections_) end(connection, by_reset);
  connections_.clear();
}

// What there is to do on a connection that poll() said this about; false where it has ended.
bool Proxy::serve(Connection& c, short client_events, short server_events) {
  const auto now = Clock::now();
  const short events[2] = {client_events, server_events};
  for (const Way way : {up, down}) {
    auto& pipe = c.pipes[way];
    const auto& conditions = conditions_[way];
    // What has become of the end that this way begins at is news that goes this way.
    if (!conditions.stalled && c.broken[way]) return end(c, true), false;
    if (pipe.wants(conditions) && (events[way] & (POLLIN | POLLHUP | POLLERR)) != 0)
      if (!pipe.read(conditions, now)) c.broken[way] = true;
    if (conditions.stalled && (events[way] & (POLLHUP | POLLERR)) != 0) c.broken[way] = true;
    if (!pipe.has(conditions, now)) continue;
    auto for_write = conditions;
    if (way == up && c.reset_after > 0) {
      const auto left = c.reset_after - pipe.bytes();
      for_write.slice = for_write.slice == 0 ? left : std::min(for_write.slice, left);
    }
    const auto before = pipe.bytes();
    if (!pipe.write(for_write, now)) c.broken[way == up ? down : up] = true;
    bytes_[way] += pipe.bytes() - before;
    if (way == up && c.reset_after > 0 && pipe.bytes() >= c.reset_after) return end(c, true), false;
  }
  if (c.pipes[up].over() && c.pipes[down].over()) return end(c, false), false;
  return true;
}

void Proxy::run() {
  while (!over_) {
    const auto now = Clock::now();
    auto wake = now + std::chrono::hours(1);
    std::vector<pollfd> fds{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (auto& c : connections_) {
      short wanted[2] = {0, 0};
      for (const Way way : {up, down}) {
        const auto& pipe = c.pipes[way];
        const auto& conditions = conditions_[way];
        if (pipe.wants(conditions)) wanted[way] |= POLLIN;
        if (c.broken[way] && !conditions.stalled) wake = now;
        const auto next = pipe.next(conditions, now);
        if (next && *next > now) wake = std::min(wake, *next);
        if (next && *next <= now) wanted[way == up ? down : up] |= POLLOUT;
      }
      // An end that is broken would be ready for ever.
      fds.push_back({c.broken[up] ? -1 : c.client, wanted[up], 0});
      fds.push_back({c.broken[down] ? -1 : c.server, wanted[down], 0});
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - now).count();
    if (poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    std::size_t i = 2;
    for (auto it = connections_.begin(); it != connections_.end(); i += 2)
      it = serve(*it, fds[i].revents, fds[i + 1].revents) ? std::next(it) : connections_.erase(it);
    if (fds[1].revents != 0) take_in();
    if (fds[0].revents != 0) do_asked();
  }
  end_all(true);
  if (listener_ >= 0) close(listener_);
}

}  // namespace test
