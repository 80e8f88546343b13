#include "transport/lane.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "transport/json_limits.hpp"

namespace sluice {
namespace {

VideoSocket::Options options_of(const Lane::Rules& rules) {
  constexpr std::int64_t kLargestReply = 64 * 1024;
  VideoSocket::Options options;
  options.most_bytes = kLargestReply;
  options.most_is = "an answer has, 64 KiB";
  options.dead_after = rules.dead_after;
  options.limits = rules.limits;
  options.limits.most_unread = 2 * kLargestReply;  // a subscription, or an answer
  switch (rules.pattern) {
    case Pattern::request:
      options.type = zmq::socket_type::dealer;  // its window bounds what is queued
      break;
    case Pattern::publish:
      options.type = zmq::socket_type::pub;
      options.send_queue = rules.window;
      break;
    case Pattern::push:
      options.type = zmq::socket_type::push;
      options.send_queue = rules.window;
      break;
  }
  return options;
}

// A message of one part, with padding and no line breaks.
zmq::message_t base64_of(std::span<const std::uint8_t> bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  const auto text =
      std::make_shared<std::vector<char>>(sodium_base64_encoded_len(bytes.size(), kVariant));
  sodium_bin2base64(text->data(), text->size(), bytes.data(), bytes.size(), kVariant);
  // Without the zero that ends it.
  return message_over({reinterpret_cast<const std::uint8_t*>(text->data()), text->size() - 1},
                      text);
}

// What a Sluice hub adds to its OK.
nlohmann::json times_in(std::string_view reply) {
  const auto brace = reply.find('{');
  if (brace == std::string_view::npos) return {};
  reply.remove_prefix(brace);
  if (wire::beyond_limits(reply)) return {};
  auto json = nlohmann::json::parse(reply, nullptr, false);
  return json.is_object() ? json : nlohmann::json();
}

std::optional<UtcTime> time_in(const nlohmann::json& times, const char* key) {
  const auto it = times.find(key);
  if (it == times.end() || !it->is_number_unsigned()) return {};
  const auto ns = it->get<std::uint64_t>();
  if (ns > (std::uint64_t{1} << 62)) return {};
  return UtcTime(Duration(static_cast<std::int64_t>(ns)));
}

// How often a hub is asked for a sign of life.
Duration between_pings(Duration dead_after) { return dead_after / 3; }

}  // namespace

Lane::Lane(zmq::context_t& context, Rules rules, std::string address, bool listens,
           VideoSocket::Secure secure, SteadyTime now)
    : rules_(std::move(rules)),
      socket_(context, options_of(rules_), std::move(address), listens, std::move(secure), now),
      window_(rules_.window),
      patience_(rules_.dead_after) {}

bool Lane::has_room() {
  if (socket_.peers() == 0) return false;
  if (rules_.pattern == Pattern::request && under_way_.size() >= window_.size()) return false;
  return socket_.writable();
}

bool Lane::waits_for_socket() const {
  return socket_.peers() > 0 &&
         (rules_.pattern != Pattern::request || under_way_.size() < window_.size());
}

bool Lane::send(const FramePtr& frame, const std::string& text, LoopContext& context) {
  const auto& clock = context.clock();
  const auto now = clock.steady();
  wire::Sending sending{rules_.run, clock.utc(), {}};
  if (clock_.known()) sending.offset = clock_.offset(sending.sent, now);
  if (rules_.peer == Peer::smoothstream) {
    auto message = base64_of(frame->encoded()->bytes);
    return socket_.socket().send(message, zmq::send_flags::dontwait).has_value();
  }
  sending.for_anyone = frame->encoded() && for_anyone();
  sending.for_netgear = rules_.peer == Peer::netgear;
  return post(text.empty() ? wire::header_of(*frame, sending) : wire::header_of(text),
              wire::payload_of(frame, sending.for_anyone),
              {frame->source, frame->sequence, now, under_way_.empty(), {}});
}

bool Lane::tell(const std::string& text, const Encoded& blank, LoopContext& context) {
  return post(wire::header_of(text), {blank.bytes, blank.owner},
              {{}, 0, context.clock().steady(), under_way_.empty(), text});
}

bool Lane::post(const std::string& header, const wire::Payload& payload, Request request) {
  auto body = message_over(payload.bytes, payload.owner);
  auto& socket = socket_.socket();
  const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  // Once the first part is taken, the others are.
  const bool taken =
      rules_.pattern == Pattern::request
          ? socket.send(zmq::message_t(), more) && socket.send(zmq::buffer(header), more)
          : socket.send(zmq::buffer(header), more).has_value();
  if (!taken) return false;
  socket.send(body, zmq::send_flags::dontwait);
  if (rules_.pattern == Pattern::request) {
    if (under_way_.empty() && !pinged_) moved_ = request.sent;  // it need not have until now
    under_way_.push_back(std::move(request));
    ++owed_;
  }
  return true;
}

// Whether anything may read what is sent now. Only Sluice pulls.
bool Lane::for_anyone() const {
  if (rules_.peer != Peer::sluice || rules_.pattern == Pattern::push) return false;
  return rules_.pattern == Pattern::publish || socket_.listens() || !to_sluice_;
}

void Lane::say_goodbye() {
  if (rules_.pattern == Pattern::publish || (rules_.pattern == Pattern::request && !to_sluice_))
    return;
  // Of several hubs that share an address, who would get it isn't known.
  if (socket_.peers() != 1) return;
  auto& socket = socket_.socket();
  const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  if (rules_.pattern == Pattern::request && !socket.send(zmq::message_t(), more)) return;
  if (!socket.send(zmq::buffer(wire::goodbye_of(rules_.run)), more)) return;
  socket.send(zmq::message_t(), zmq::send_flags::dontwait);
}

// Another hub may be at the other end now.
void Lane::begin(SteadyTime now) {
  to_sluice_ = false;
  to_old_hub_ = false;
  has_pinged_ = false;
  pinged_.reset();
  traffic_.reset();
  heard_ = moved_ = now;
}

void Lane::keep(LoopContext& context, Refusals& refusals) {
  const auto now = context.clock().steady();
  socket_.keep(now, [&](const VideoSocket::News& news) {
    using What = VideoSocket::News::What;
    if (news.what == What::absent)
      return context.log(LogLevel::warning, fmt::format("{}: {}", news.address, news.why));
    if (news.what == What::accepted) return;
    if (news.what == What::refused || news.what == What::cut) {
      if (!news.why.empty()) refusals.tell({news.address, news.why}, 1, context);
      return;
    }
    const bool up = news.what == What::up;
    if (!up) {
      // Replies that came before the end of the connection count.
      take_replies(context, refusals);
      // Where several hubs share an address that they connect to, which of them had what is known
      // only from the replies that don't come.
      if (socket_.peers() == 0) {
        drop_under_way(context, "link_lost");
        owed_ = 0;
      }
    }
    begin(now);
    context.log(LogLevel::info, (up ? "connected to " : "lost ") + news.address);
    context.raise({up ? "link.up" : "link.down", {}, {{"address", news.address}}});
  });
  if (rules_.pattern != Pattern::request) return;
  take_replies(context, refusals);
  give_up_waiting(context);
  if (socket_.listens() || socket_.peers() == 0) return;
  const bool quiet = now - heard_ >= between_pings(rules_.dead_after);
  if (to_sluice_ && !pinged_ && (!has_pinged_ || quiet)) ping(now);
  if (!quiet || !is_silent(now)) return;
  context.log(LogLevel::warning,
              fmt::format("nothing has come from {} for {:.1f} s (dead_after); connecting anew",
                          socket_.address(), seconds(patience_)));
  // What is under way may be stuck on its way in a tunnel, where its bytes aren't seen to move.
  if (!under_way_.empty()) patience_ = std::min(2 * patience_, rules_.reply_limit);
  patience_ = std::max(patience_, rules_.dead_after);
  drop_under_way(context, "link_lost");
  give_up("silent", context);
}

// Only a Sluice hub knows it, and answers at once, whatever its graph does.
void Lane::ping(SteadyTime now) {
  auto& socket = socket_.socket();
  const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  const auto header = wire::ping_of(rules_.run, between_pings(rules_.dead_after));
  if (!socket.send(zmq::message_t(), more) || !socket.send(zmq::buffer(header), more)) return;
  socket.send(zmq::message_t(), zmq::send_flags::dontwait);
  ++owed_;
  pinged_ = now;
  has_pinged_ = true;
  traffic_ = socket_.traffic();
}

// Nothing moves either way, though a ping should be answered, or what was sent be acknowledged by
// the other machine's kernel. That is life only while there is more to acknowledge: a stopped hub's
// kernel does so too.
bool Lane::is_silent(SteadyTime now) {
  const auto traffic = socket_.traffic();
  if (traffic && traffic_) {
    const bool up = traffic->acknowledged != traffic_->acknowledged && traffic->under_way;
    if (up || traffic->received != traffic_->received) moved_ = now;
  }
  traffic_ = traffic;
  const bool owes = pinged_ && now - *pinged_ >= patience_ / 2;
  const bool stuck = traffic && traffic->under_way;
  return (owes || stuck) && now - std::max(moved_, heard_) >= patience_;
}

SteadyTime Lane::due(SteadyTime now) const {
  const auto due = socket_.due(now);
  if (!to_sluice_ || socket_.listens()) return due;
  const auto next =
      pinged_ ? now + std::chrono::milliseconds(100) : heard_ + between_pings(rules_.dead_after);
  return std::min<SteadyTime>(due, next);
}

void Lane::take_replies(LoopContext& context, Refusals& refusals) {
  if (rules_.pattern != Pattern::request) return;
  constexpr int kAtOnce = 256;
  for (int i = 0; i < kAtOnce && !context.stopping(); ++i) {
    const auto reply = socket_.receive(4);
    if (reply.parts.empty()) return;
    if (owed_ == 0) {
      // Where several share the address, the others are well.
      if (socket_.listens()) continue;
      refusals.tell({socket_.address(), "it answers more than it was asked"}, 1, context);
      drop_under_way(context, "link_lost");
      return give_up("broken", context);
    }
    --owed_;
    settle(reply.parts.back().to_string_view(), context);
  }
}

void Lane::settle(std::string_view reply, LoopContext& context) {
  // An old hub answers in order. So does Sluice, but for several hubs on one address.
  auto request = under_way_.begin();
  const auto now = context.clock().steady();
  heard_ = now;
  const auto times = times_in(reply);
  if (const auto seq = times.find("seq"); seq != times.end() && seq->is_number_unsigned()) {
    to_sluice_ = true;
    const auto sequence = seq->get<std::uint64_t>();
    request = std::find_if(under_way_.begin(), under_way_.end(),
                           [&](const Request& r) { return r.sequence == sequence; });
    const auto received = time_in(times, "received");
    const auto sent = time_in(times, "sent");
    if (request != under_way_.end() && received && sent)
      read_times(*request, *received, *sent, context);
  } else if (times.contains("ping")) {
    pinged_.reset();
    return;
  } else if (!to_sluice_ && !reply.starts_with("ERROR")) {
    met_old_hub(context);
  }
  if (request == under_way_.end()) return;  // a reply to what was given up
  const Duration took = now - request->sent;
  window_.replied(took, request->alone);
  if (took < rules_.dead_after) patience_ = rules_.dead_after;
  const bool refused = reply.starts_with("ERROR");
  const auto answer = reply.substr(0, reply.find('{')).substr(0, 200);
  if (refused && request->text.empty())
    context.fail(request->source, fmt::format("the hub refused a frame: {}", answer));
  else if (refused)
    context.log(LogLevel::warning, fmt::format("the hub refused '{}': {}", request->text, answer));
  else if (request->text.empty())
    context.done();
  under_way_.erase(request);
}

// It acknowledges whatever comes, also what it can't read.
void Lane::met_old_hub(LoopContext& context) {
  to_old_hub_ = true;
  if (rules_.peer != Peer::sluice || std::exchange(old_hub_told_, true)) return;
  context.log(LogLevel::warning,
              fmt::format("{} answers as imagezmq's hubs do, and doesn't tell what it can read: "
                          "write peer = \"imagezmq-images\" if it calls recv_image(), or peer = "
                          "\"imagezmq-jpegs\" if it calls recv_jpg(), or peer = \"imagehub\"",
                          socket_.address()));
}

void Lane::read_times(const Request& request, UtcTime received, UtcTime sent,
                      LoopContext& context) {
  const auto& clock = context.clock();
  clock_.add(request.sent, received, sent, clock.steady());
  if (!clock_.known()) return;
  context.figure("clock_offset_ms", socket_.address(),
                 milliseconds(clock_.offset(clock.utc(), clock.steady())));
  context.figure("round_trip_ms", socket_.address(), milliseconds(clock_.round_trip()));
}

void Lane::drop_under_way(LoopContext& context, std::string_view cause) {
  for (const auto& request : under_way_) let_go(request, context, cause);
  under_way_.clear();
}

void Lane::let_go(const Request& request, LoopContext& context, std::string_view cause) {
  if (request.text.empty())
    context.drop(request.source, cause);
  else
    unacknowledged_.push_back(request.text);
}

void Lane::give_up_waiting(LoopContext& context) {
  const auto now = context.clock().steady();
  if (under_way_.empty() || now - under_way_.front().sent < rules_.reply_limit) return;
  if (socket_.listens()) {
    // The hub that had it is gone; others on this address may be well.
    while (!under_way_.empty() && now - under_way_.front().sent >= rules_.reply_limit) {
      let_go(under_way_.front(), context, "no_reply");
      under_way_.pop_front();
    }
    return;
  }
  context.log(LogLevel::warning,
              fmt::format("{} has acknowledged nothing for {:.1f} s; connecting anew",
                          socket_.address(), seconds(rules_.reply_limit)));
  drop_under_way(context, "no_reply");
  give_up("no reply", context);
}

void Lane::give_up(const char* why, LoopContext& context) {
  const auto now = context.clock().steady();
  context.raise({"link.down", {}, {{"address", socket_.address()}, {"why", why}}});
  socket_.reconnect(now);
  owed_ = 0;
  begin(now);
}

}  // namespace sluice
