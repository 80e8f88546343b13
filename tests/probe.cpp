#include "probe.hpp"

#include <zmq.hpp>

#include "process.hpp"

namespace test {

double utc_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Probe::Probe(Check check)
    : check_(std::move(check)), address_(free_address()), thread_([this] { run(); }) {}

Probe::~Probe() {
  over_ = true;
  thread_.join();
}

void Probe::run() {
  zmq::context_t context(1);
  zmq::socket_t socket(context, zmq::socket_type::rep);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, 100);
  socket.bind("tcp://" + address_);
  while (!over_) {
    zmq::message_t header, picture;
    if (!socket.recv(header)) continue;
    const double now = utc_s();
    if (header.more() && !socket.recv(picture)) continue;
    socket.send(zmq::str_buffer("OK"), zmq::send_flags::dontwait);
    const auto json = nlohmann::json::parse(header.to_string_view());
    Seen seen;
    seen.source = json.at("msg");
    seen.arrived_s = now;
    if (json.contains("shape")) seen.shape = json["shape"].get<std::vector<int>>();
    const auto& extra = json.at("sluice");
    seen.sequence = extra.at("seq");
    if (extra.contains("t")) seen.age_s = now - extra["t"].get<double>() / 1e9;
    if (check_) seen.whole = check_(seen, {picture.data<const std::uint8_t>(), picture.size()});
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(seen));
    news_.notify_all();
  }
}

std::vector<Seen> Probe::seen(const std::string& source) const {
  const std::lock_guard lock(mutex_);
  std::vector<Seen> some;
  for (const auto& one : seen_)
    if (source.empty() || one.source == source) some.push_back(one);
  return some;
}

std::optional<Seen> Probe::wait_for(const std::string& source, std::size_t after,
                                    const std::function<bool(const Seen&)>& wanted,
                                    std::chrono::seconds limit) const {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(mutex_);
  std::size_t looked_at = 0, of_source = 0;
  for (;;) {
    for (; looked_at < seen_.size(); ++looked_at) {
      const auto& one = seen_[looked_at];
      if (one.source == source && of_source++ >= after && wanted(one)) return one;
    }
    if (news_.wait_until(lock, until) == std::cv_status::timeout) return {};
  }
}

bool Probe::flows(const std::string& source, std::size_t more, std::chrono::seconds limit) const {
  std::size_t left = more;
  return wait_for(
             source, count(source), [&](const Seen&) { return --left == 0; }, limit)
      .has_value();
}

}  // namespace test
