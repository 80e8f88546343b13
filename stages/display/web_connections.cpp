#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <display/web_connections.hpp>

namespace sluice::display {
namespace {

SteadyTime now() { return Clock::system().steady(); }

}  // namespace

std::string address_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (!info || !info->client_addr) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (info->client_addr->sa_family == AF_INET) {
    const auto& v4 = *reinterpret_cast<const sockaddr_in*>(info->client_addr);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (info->client_addr->sa_family == AF_INET6) {
    auto v6 = reinterpret_cast<const sockaddr_in6*>(info->client_addr)->sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&v6) && !IN6_IS_ADDR_LOOPBACK(&v6))
      std::fill(v6.s6_addr + 8, v6.s6_addr + 16, std::uint8_t{0});
    inet_ntop(AF_INET6, &v6, text.data(), text.size());
  }
  return text.data();
}

Connections::Connections(const Limits& limits) : limits_(limits), thread_([this] { run(); }) {}

Connections::~Connections() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Connections::opened(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!info) return;
  const std::lock_guard lock(mutex_);
  make_room();
  others_[connection] = {info->connect_fd, address_of(connection), 0, {}};
  wait(connection, false);
}

void Connections::asked(MHD_Connection* connection) {
  const std::lock_guard lock(mutex_);
  wait(connection, true);
}

void Connections::answered(MHD_Connection* connection) {
  const std::lock_guard lock(mutex_);
  wait(connection, false);
}

void Connections::streams(MHD_Connection* connection) {
  const std::lock_guard lock(mutex_);
  if (auto node = watched_.extract(connection)) others_.insert(std::move(node));
}

void Connections::closed(MHD_Connection* connection) {
  const std::lock_guard lock(mutex_);
  watched_.erase(connection);
  others_.erase(connection);
}

void Connections::wait(MHD_Connection* connection, bool asked) {
  if (auto node = others_.extract(connection)) watched_.insert(std::move(node));
  const auto found = watched_.find(connection);
  if (found == watched_.end()) return;
  found->second.number = ++numbers_;
  found->second.until = now() + (asked ? limits_.answer : limits_.head);
  found->second.asked = asked;
  changed_.notify_one();
}

// Of those that haven't asked yet, if there are any.
void Connections::make_room() {
  if (watched_.size() < limits_.most) return;
  std::map<std::string_view, std::size_t> by_address;
  for (const auto& [connection, one] : watched_) ++by_address[one.address];
  const auto goes_first = [&](const auto& a, const auto& b) {
    const auto rank = [&](const One& one) {
      return std::tuple(by_address[one.address], !one.asked, ~one.number);
    };
    return rank(a.second) < rank(b.second);
  };
  cut(std::max_element(watched_.begin(), watched_.end(), goes_first)->first);
}

void Connections::cut(MHD_Connection* connection) {
  auto node = watched_.extract(connection);
  shutdown(node.mapped().fd, SHUT_RDWR);
  others_.insert(std::move(node));
}

void Connections::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto next = std::min_element(
        watched_.begin(), watched_.end(),
        [](const auto& a, const auto& b) { return a.second.until < b.second.until; });
    if (next == watched_.end()) {
      changed_.wait(lock);
    } else if (next->second.until <= now()) {
      cut(next->first);
    } else {
      const auto until = next->second.until;  // a copy: the connection may be closed meanwhile
      changed_.wait_until(lock, until);
    }
  }
}

}  // namespace sluice::display
