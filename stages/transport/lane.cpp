#include "transport/lane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "transport/json_limits.hpp"

namespace sluice {
namespace {

VideoSocket::Options options_of(const Lane::Rules& rules) {
  constexpr std::int64_t kLargestReply = 64 * 1024;
  VideoSocket::Options options;
  options.most_bytes = kLargestReply;
  options.dead_after = rules.dead_after;
  switch (rules.pattern) {
    case Pattern::request:
      options.type = zmq::socket_type::dealer;  // its window bounds what is queued
      options.receive_queue = 1000;
      break;
    case Pattern::publish:
      options.type = zmq::socket_type::pub;
      options.send_queue = rules.window;
      break;
    case Pattern::push:
      options.type = zmq::socket_type::push;
      // The other side lets its queue fill up to make this one wait: see VideoSocket::Options.
      options.dead_after = Duration(0);
      options.send_queue = rules.window;
      break;
  }
  return options;
}

}  // namespace

Lane::Lane(zmq::context_t& context, Rules rules, std::string address, bool listens,
           VideoSocket::Secure secure, SteadyTime now)
    : rules_(std::move(rules)),
      socket_(context, options_of(rules_), std::move(address), listens, std::move(secure), now),
      window_(rules_.window) {}

bool Lane::has_room() {
  if (socket_.peers() == 0) return false;
  if (rules_.pattern == Pattern::request && under_way_.size() >= window_.size()) return false;
  return socket_.writable();
}

bool Lane::waits_for_socket() const {
  return socket_.peers() > 0 &&
         (rules_.pattern != Pattern::request || under_way_.size() < window_.size());
}

bool Lane::send(const FramePtr& frame, LoopContext& context) {
  const auto& clock = context.clock();
  const auto now = clock.steady();
  wire::Sending sending{rules_.run, clock.utc(), {}};
  if (clock_.known()) sending.offset = clock_.offset(sending.sent, now);
  const std::string header = wire::header_of(*frame, sending);
  auto payload = wire::payload_of(frame);
  auto body = message_over(payload.bytes, std::move(payload.owner));
  auto& socket = socket_.socket();
  const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  // Once the first part is taken, the others are.
  const bool taken =
      rules_.pattern == Pattern::request
          ? socket.send(zmq::message_t(), more) && socket.send(zmq::buffer(header), more)
          : socket.send(zmq::buffer(header), more).has_value();
  if (!taken) return false;
  socket.send(body, zmq::send_flags::dontwait);
  if (rules_.pattern == Pattern::request)
    under_way_.push_back({frame->source, frame->sequence, now, under_way_.empty()});
  return true;
}

void Lane::say_goodbye() {
  if (rules_.pattern == Pattern::publish || (rules_.pattern == Pattern::request && !to_sluice_))
    return;
  if (socket_.peers() == 0) return;
  auto& socket = socket_.socket();
  const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  if (rules_.pattern == Pattern::request && !socket.send(zmq::message_t(), more)) return;
  if (!socket.send(zmq::buffer(wire::goodbye_of(rules_.run)), more)) return;
  socket.send(zmq::message_t(), zmq::send_flags::dontwait);
}

void Lane::keep(LoopContext& context, Refusals& refusals) {
  const auto now = context.clock().steady();
  socket_.keep(now, [&](const VideoSocket::News& news) {
    using What = VideoSocket::News::What;
    if (news.what == What::absent)
      return context.log(LogLevel::warning, fmt::format("{}: {}", news.address, news.why));
    if (news.what == What::accepted) return;
    if (news.what == What::refused) {
      if (!news.why.empty()) refusals.tell({news.address, news.why}, 1, context);
      return;
    }
    const bool up = news.what == What::up;
    if (!up) {
      // Replies that came before the end of the connection count.
      take_replies(context);
      // Where several hubs share an address that they connect to, which of them had what is known
      // only from the replies that don't come.
      if (socket_.peers() == 0) drop_under_way(context, "link_lost");
    }
    context.log(LogLevel::info, (up ? "connected to " : "lost ") + news.address);
    context.raise({up ? "link.up" : "link.down", {}, {{"address", news.address}}});
  });
  if (rules_.pattern != Pattern::request) return;
  take_replies(context);
  give_up_waiting(context);
}

void Lane::take_replies(LoopContext& context) {
  if (rules_.pattern != Pattern::request) return;
  for (;;) {
    std::size_t beyond = 0;
    const auto parts = receive_parts(socket_.socket(), 4, beyond);
    if (parts.empty()) return;
    settle(parts.back().to_string_view(), context);
  }
}

void Lane::settle(std::string_view reply, LoopContext& context) {
  // An old hub answers in order. So does Sluice, but for several hubs on one address.
  auto request = under_way_.begin();
  const auto now = context.clock().steady();
  const auto brace = reply.find('{');
  if (brace != std::string_view::npos) {
    const auto text = reply.substr(brace);
    const auto json =
        wire::beyond_limits(text) ? nlohmann::json() : nlohmann::json::parse(text, nullptr, false);
    if (json.is_object() && json.contains("seq") && json["seq"].is_number_unsigned()) {
      to_sluice_ = true;
      const auto sequence = json["seq"].get<std::uint64_t>();
      request = std::find_if(under_way_.begin(), under_way_.end(),
                             [&](const Request& r) { return r.sequence == sequence; });
      const auto time = [&](const char* key) -> std::optional<UtcTime> {
        const auto it = json.find(key);
        if (it == json.end() || !it->is_number_unsigned()) return {};
        const auto ns = it->get<std::uint64_t>();
        if (ns > (std::uint64_t{1} << 62)) return {};
        return UtcTime(Duration(static_cast<std::int64_t>(ns)));
      };
      const auto received = time("received");
      const auto sent = time("sent");
      if (request != under_way_.end() && received && sent) {
        clock_.add(request->sent, *received, *sent, now);
        if (clock_.known()) {
          const auto& clock = context.clock();
          context.figure("clock_offset_ms", socket_.address(),
                         milliseconds(clock_.offset(clock.utc(), clock.steady())));
          context.figure("round_trip_ms", socket_.address(), milliseconds(clock_.round_trip()));
        }
      }
    }
  }
  if (request == under_way_.end()) return;  // a reply to what was given up
  window_.replied(now - request->sent, request->alone);
  if (reply.substr(0, 5) == "ERROR")
    context.fail(request->source,
                 fmt::format("the hub refused a frame: {}", reply.substr(0, brace).substr(0, 200)));
  else
    context.done();
  under_way_.erase(request);
}

void Lane::drop_under_way(LoopContext& context, std::string_view cause) {
  for (const auto& request : under_way_) context.drop(request.source, cause);
  under_way_.clear();
}

void Lane::give_up_waiting(LoopContext& context) {
  const auto now = context.clock().steady();
  if (under_way_.empty() || now - under_way_.front().sent < rules_.reply_limit) return;
  if (socket_.listens()) {
    // The hub that had it is gone; others on this address may be well.
    while (!under_way_.empty() && now - under_way_.front().sent >= rules_.reply_limit) {
      context.drop(under_way_.front().source, "no_reply");
      under_way_.pop_front();
    }
    return;
  }
  context.log(LogLevel::warning,
              fmt::format("{} has acknowledged nothing for {:.1f} s; connecting anew",
                          socket_.address(), seconds(rules_.reply_limit)));
  drop_under_way(context, "no_reply");
  context.raise({"link.down", {}, {{"address", socket_.address()}, {"why", "no reply"}}});
  socket_.reconnect(now);
}

}  // namespace sluice
