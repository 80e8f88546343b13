#include "transport/door.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sluice/observe/ledger.hpp>
#include <utility>

#include "transport/guess.hpp"

namespace sluice {
namespace {

constexpr std::string_view kFull = "queue_full";
constexpr std::string_view kLost = "link_lost";

std::string who(const std::string& address) {
  return address.empty() ? "a peer on this machine" : address;
}

}  // namespace

Door::Door(Rules rules, Outside outside)
    : rules_(rules),
      outside_(std::move(outside)),
      sources_({rules.most_sources, rules.stale_after, rules.dead_after, rules.frozen_after,
                [this](int connection, SteadyTime now) { return silent_for(connection, now); }}) {}

// --- links

void Door::accepted(int connection, LoopContext& context) {
  ended_.erase(connection);
  // The number is used again, though of the one before something waits.
  if (const auto it = links_.find(connection); it != links_.end()) lose(it, nullptr, context);
}

Door::Link& Door::link_of(const Sender& sender, LoopContext& context) {
  const auto [it, is_new] = links_.try_emplace(sender.connection);
  Link& link = it->second;
  if (is_new) {
    link.address = sender.address;
    link.owner = sender.owner();
  }
  link.last = context.clock().steady();
  return link;
}

bool Door::knows(int connection) const {
  const auto it = links_.find(connection);
  return it != links_.end() && it->second.up;
}

void Door::connection_lost(int connection, const std::string& address, LoopContext& context) {
  ended_.insert(connection);
  const auto it = links_.find(connection);
  if (it == links_.end()) return;
  if (it->second.address.empty()) it->second.address = address;
  // Without answers its sender counts on what it sent.
  if (!rules_.answers && !it->second.waiting.empty())
    it->second.ended = true;
  else
    lose(it, nullptr, context);
}

// `why`: none where the connection itself is over. The link is forgotten then.
void Door::lose(std::unordered_map<int, Link>::iterator it, const char* why, LoopContext& context) {
  auto& [connection, link] = *it;
  answer_now(link);
  drop_waiting(link, kLost, context, [](const Waiting&) { return true; });
  forget_pictures(link);
  if (std::exchange(link.up, false)) {
    Event event{"link.down", {}, {{"address", link.address}}};
    if (why) event.details.emplace_back("why", why);
    const auto names = sources_.names_on(connection);
    if (!names.empty())
      event.details.emplace_back("sources", fmt::format("{}", fmt::join(names, ", ")));
    raise(std::move(event), link.owner, context);
  }
  sources_.connection_lost(connection, context.clock().steady());
  if (!why) {
    std::erase(turn_, connection);
    links_.erase(it);
  }
  tell(context);
}

void Door::shut_out(Message message, LoopContext& context) {
  if (!open(message, context)) return;
  context.drop({}, "not_allowed");
  sources_.connection_lost(message.sender.connection, context.clock().steady());
  tell(context);
  outside_.answer(message.socket, message.envelope,
                  "ERROR this device's key is not allowed any more");
}

// How long nothing has come by a connection, not even a part of a message.
Duration Door::silent_for(int connection, SteadyTime now) {
  const auto it = links_.find(connection);
  if (it == links_.end()) return std::chrono::hours(24);
  Link& link = it->second;
  const auto bytes = outside_.bytes_from(connection);
  const auto before = std::exchange(link.bytes, bytes);
  if (!bytes) return now - link.last;
  if (!before) return Duration(0);  // shows when it is asked again
  if (*bytes != *before) link.last = now;
  return now - link.last;
}

void Door::check(LoopContext& context) {
  const auto now = context.clock().steady();
  for (auto it = links_.begin(); it != links_.end(); ++it) {
    Link& link = it->second;
    if (!link.up || !link.silent_at_most || link.ended) continue;
    const Duration limit = std::max(rules_.dead_after, 3 * *link.silent_at_most);
    const Duration quiet = now - link.last;
    // What it looked like when it fell silent is what it is compared with.
    if (quiet < limit / 4) {
      link.bytes.reset();
    } else if (!link.bytes) {
      if ((link.bytes = outside_.bytes_from(it->first))) continue;
    }
    if (quiet >= limit && silent_for(it->first, now) >= limit) lose(it, "silent", context);
  }
  sources_.check(now);
  tell(context);
  if (now - told_held_back_ >= std::chrono::seconds(1)) {
    told_held_back_ = now;
    tell_held_back(context);
  }
}

// --- events

void Door::raise(Event event, const std::string& who, Context& context) {
  if (gate_.passes(who, context.clock().steady())) context.raise(std::move(event));
}

void Door::tell_held_back(Context& context) {
  const auto held_back = gate_.take_held_back(context.clock().steady());
  if (held_back.empty()) return;
  const auto& most =
      *std::max_element(held_back.begin(), held_back.end(),
                        [](const auto& a, const auto& b) { return a.count < b.count; });
  std::uint64_t all = 0;
  for (const auto& each : held_back) all += each.count;
  context.log(
      LogLevel::warning,
      fmt::format("{} more events came than are told, most of them from {}", all, who(most.who)));
  context.raise({"events.left_out",
                 {},
                 {{"count", static_cast<std::int64_t>(all)}, {"most_from", most.who}}});
}

void Door::tell(LoopContext& context) {
  for (auto& [event, sender] : sources_.take_events()) {
    if (event.name == "source.gone") {
      delays_.erase(event.source);
      if (const auto it = links_.find(sender.connection); it != links_.end())
        change(it->second, [&name = event.source](Repeats& repeats) { repeats.forget(name); });
      const auto of_source = [&source = event.source](const Waiting& w) {
        return w.frame && w.frame->source == source;
      };
      for (const int connection : std::deque(turn_))
        drop_waiting(links_.at(connection), kLost, context, of_source);
      context.gone(event.source);
    }
    raise(std::move(event), sender.owner(), context);
  }
}

// --- messages

// Takes the envelope off. It ends with the first empty part; a REQ_CORRELATE peer has one part more
// before it.
bool Door::open(Message& message, LoopContext& context) const {
  if (!rules_.answers) return true;
  auto& parts = message.parts;
  const auto last =
      parts.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(parts.size(), 4));
  const auto empty = std::find_if(parts.begin() + (parts.empty() ? 0 : 1), last,
                                  [](const zmq::message_t& part) { return part.size() == 0; });
  if (empty == last) {
    context.fail({}, fmt::format("from {}: a message without the empty part that begins a request; "
                                 "send with a REQ socket, as imagezmq's ImageSender does",
                                 who(message.sender.address)));
    return false;
  }
  message.envelope.assign(std::make_move_iterator(parts.begin()),
                          std::make_move_iterator(empty + 1));
  parts.erase(parts.begin(), empty + 1);
  return true;
}

void Door::take(Message message, LoopContext& context) {
  if (!open(message, context)) return;
  const auto count = message.parts.size() + message.beyond;
  if (count != 2)
    return bad(message,
               fmt::format("a message of {} part{} instead of 2", count, count == 1 ? "" : "s"),
               context);
  // The frame keeps ZeroMQ's own memory: no copy of the picture is made.
  const auto payload = std::make_shared<zmq::message_t>(std::move(message.parts[1]));
  const std::span bytes(payload->data<const std::uint8_t>(), payload->size());
  wire::Incoming incoming;
  try {
    incoming = wire::message_of(message.parts[0].to_string_view(), bytes, payload, message.arrived);
  } catch (const wire::BadMessage& e) {
    return bad(message, e.what(), context);
  }
  message.sender.run = incoming.run;
  const int connection = message.sender.connection;
  const std::string address = message.sender.address;
  // It was still on its way when its connection ended, and brings nobody back.
  const bool over = ended_.count(connection) != 0;
  Link& link = link_of(message.sender, context);
  answer_now(link);
  if (!over && !std::exchange(link.up, true))
    raise({"link.up", {}, {{"address", address}}}, link.owner, context);
  take_parsed(message, incoming, link, context);
  tell(context);
  if (over) connection_lost(connection, address, context);
}

void Door::bad(Message& message, std::string why, LoopContext& context) {
  const auto& parts = message.parts;
  const auto guess = guess_of(parts.empty() ? std::string_view() : parts[0].to_string_view(),
                              parts.size() + message.beyond);
  if (!guess.empty()) why += "; " + guess;
  context.fail({}, fmt::format("from {}: {}", who(message.sender.address), why));
  outside_.answer(message.socket, message.envelope, fmt::format("ERROR {}", why));
}

void Door::take_parsed(Message& message, wire::Incoming& incoming, Link& link,
                       LoopContext& context) {
  if (incoming.ping) {
    link.silent_at_most = *incoming.ping;
    nlohmann::json times{{"ping", true}};
    outside_.answer(message.socket, message.envelope, "OK " + times.dump());
  } else if (incoming.goodbye) {
    if (link.waiting.empty())
      sources_.said_goodbye(message.sender, context.clock().steady());
    else if (link.waiting.back().frame)
      wait(message, incoming, link, 0);
  } else {
    const auto& source = incoming.event ? incoming.event->source : incoming.frame->source;
    const auto& device = message.sender.device;
    if (outside_.may_send_as && !outside_.may_send_as(device, source))
      return refuse(message, incoming, link, "not_its_name",
                    fmt::format("the device '{0}' sends as '{0}' or '{0}-...', and not as '{1}'",
                                device, source),
                    context);
    if (incoming.event)
      take_event(message, incoming, context);
    else
      take_frame(message, incoming, link, context);
  }
}

void Door::take_event(Message& message, wire::Incoming& incoming, LoopContext& context) {
  const auto& source = incoming.event->source;
  if (!sources_.may_speak_for(source, message.sender))
    return bad(message, fmt::format("another device sends as '{}'", source), context);
  raise(std::move(*incoming.event), message.sender.owner(), context);
  outside_.answer(message.socket, message.envelope, "OK");
}

void Door::take_frame(Message& message, wire::Incoming& incoming, Link& link,
                      LoopContext& context) {
  Frame& frame = *incoming.frame;
  const auto now = context.clock().steady();
  Sources::Arrival arrival{frame.source, {}, frame.captured};
  const auto theirs = arrival.sequence = incoming.sequence;
  arrival.same_again = !theirs && link.repeats.repeats(frame);
  switch (sources_.arrived(arrival, message.sender, now, frame.sequence)) {
    case Sources::Verdict::taken:
      break;
    case Sources::Verdict::repeated:
      context.drop(frame.source, cause::repeated);
      if (!theirs)
        return answer_at(link.repeats.answer_at(frame.source, now), link, message.socket,
                         message.envelope);
      return outside_.answer(message.socket, message.envelope,
                             reply_of(theirs, "OK", message.arrived, context));
    case Sources::Verdict::too_many:
      return refuse(
          message, incoming, link, "too_many_sources",
          fmt::format("the hub has max_sources = {} of them; raise it, or end a sender that is not "
                      "needed",
                      rules_.most_sources),
          context);
    case Sources::Verdict::name_taken:
      return refuse(message, incoming, link, "name_taken",
                    fmt::format("another device sends as '{}', {}; give this one a name of its own",
                                frame.source, who(sources_.holder_of(frame.source))),
                    context);
  }
  tell(context);  // that a name has another holder, before its frames
  correct(incoming, message.arrived, context);
  incoming.frame->sender = message.sender.number();
  FramePtr going = incoming.frame;
  if (!theirs) remember(link, going, context);
  if (!rules_.waits) return context.offer(std::move(going));
  if (turn_.empty() && context.try_emit(going))
    return answer_frame(link, message.socket, message.envelope, theirs, message.arrived, context);
  const std::size_t bytes = frame.image() ? frame.image()->bytes() : frame.encoded()->bytes.size();
  if (!make_room(link, bytes, context)) {
    change(link, [&](Repeats& repeats) { repeats.lost(incoming.frame); });
    return refuse(message, incoming, link, kFull,
                  "more of its frames wait than are kept; it is to wait for the answers", context);
  }
  wait(message, incoming, link, bytes);
}

// Turns the sender's times into this machine's. Whatever it says, a frame was taken before it came,
// and not longer ago than a frame can have been on its way.
void Door::correct(wire::Incoming& incoming, UtcTime arrived, LoopContext& context) {
  constexpr Duration kOldest = std::chrono::hours(1);
  Frame& frame = *incoming.frame;
  if (!frame.captured_known) return;
  if (incoming.sent) {
    auto& delay = delays_[frame.source];
    const Duration offset =
        incoming.offset ? *incoming.offset
                        : delay.correction(*incoming.sent, arrived, context.clock().steady());
    frame.captured += offset;
    context.figure("clock_offset_ms", frame.source, milliseconds(offset));
  }
  const UtcTime said = frame.captured;
  frame.captured = std::clamp(said, arrived - kOldest, arrived);
  if (said < frame.captured) context.figure("ages_clamped", "all", ++ages_clamped_);
}

// Counts, answers, and says once of each sender why and what to do. A frame without a place gives
// its name to no book.
void Door::refuse(Message& message, const wire::Incoming& incoming, Link& link,
                  std::string_view cause, const std::string& why, LoopContext& context) {
  const auto& source = incoming.event ? incoming.event->source : incoming.frame->source;
  const bool known = cause == "name_taken" || cause == kFull;
  context.drop(known ? source : std::string(), cause);
  tell_refused(message.sender, source, link, cause, why, context);
  outside_.answer(
      message.socket, message.envelope,
      reply_of(incoming.sequence, fmt::format("ERROR {}", why), message.arrived, context));
}

// Once of each sender; also of one that connects anew for each frame.
void Door::tell_refused(const Sender& sender, const std::string& source, Link& link,
                        std::string_view cause, const std::string& why, LoopContext& context) {
  constexpr std::size_t kMostRemembered = 1024;
  if (!link.told.insert(cause).second) return;
  if (told_.size() >= kMostRemembered) told_.clear();
  if (!told_.insert(fmt::format("{} {} {}", sender.owner(), source, cause)).second) return;
  context.log(LogLevel::warning, fmt::format("frames from {} as '{}' are dropped: {}",
                                             who(sender.address), source, why));
  if (cause == kFull) return;
  // The name is a detail: as a source it would be one that the graph does not have.
  raise({"source.refused",
         {},
         {{"address", sender.address},
          {"name", source},
          {"cause", std::string(cause)},
          {"why", why}}},
        sender.owner(), context);
}

std::string Door::reply_of(std::optional<std::uint64_t> sequence, std::string_view word,
                           UtcTime arrived, const Context& context) const {
  if (!sequence) return std::string(word);
  const nlohmann::json times{{"seq", *sequence},
                             {"received", arrived.time_since_epoch().count()},
                             {"sent", context.clock().utc().time_since_epoch().count()}};
  return fmt::format("{} {}", word, times.dump());
}

// --- old senders, which send as fast as they are answered

// All that changes what is kept of a link goes through here: the sum is of all links'.
template <class Change>
void Door::change(Link& link, Change change) {
  kept_ -= link.repeats.bytes();
  change(link.repeats);
  kept_ += link.repeats.bytes();
}

void Door::remember(Link& link, const FramePtr& frame, LoopContext& context) {
  change(link, [&](Repeats& repeats) { repeats.took(frame, context.clock().steady()); });
  hold(0, context);
}

void Door::forget_pictures(Link& link) {
  change(link, [](Repeats& repeats) { repeats.forget_pictures(); });
}

// Asks for room for so many bytes more. Pictures that are kept to be compared with go first, the
// greediest sender's before others'.
bool Door::hold(std::size_t more, LoopContext& context) {
  while (kept_ > kMostBytesKept || !context.hold(bytes_ + more + kept_)) {
    if (kept_ == 0) return false;
    const auto most =
        std::max_element(links_.begin(), links_.end(), [](const auto& a, const auto& b) {
          return a.second.repeats.bytes() < b.second.repeats.bytes();
        });
    forget_pictures(most->second);
  }
  return true;
}

// Answers a frame that was taken. An old sender sends its next one then.
void Door::answer_frame(Link& link, std::size_t socket, std::vector<zmq::message_t>& envelope,
                        std::optional<std::uint64_t> sequence, UtcTime arrived,
                        LoopContext& context) {
  const auto sources = static_cast<Duration::rep>(link.repeats.sources());
  if (!sequence && rules_.max_rate > 0 && sources > 0)
    return answer_at(
        context.clock().steady() + Duration(std::chrono::seconds(1)) / rules_.max_rate / sources,
        link, socket, envelope);
  outside_.answer(socket, envelope, reply_of(sequence, "OK", arrived, context));
}

void Door::answer_at(SteadyTime due, Link& link, std::size_t socket,
                     std::vector<zmq::message_t>& envelope) {
  answer_now(link);
  if (rules_.answers) link.late = Late{due, socket, std::move(envelope)};
}

void Door::answer_now(Link& link) {
  if (!link.late) return;
  outside_.answer(link.late->socket, link.late->envelope, "OK");
  link.late.reset();
}

std::size_t Door::answers_held() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      links_, [](const auto& entry) { return entry.second.late.has_value(); }));
}

std::optional<SteadyTime> Door::answer_late(LoopContext& context) {
  const auto now = context.clock().steady();
  std::optional<SteadyTime> next;
  for (auto& [connection, link] : links_) {
    if (link.late && link.late->due <= now) answer_now(link);
    if (link.late) next = std::min(next.value_or(link.late->due), link.late->due);
  }
  return next;
}

// --- what waits

void Door::wait(Message& message, const wire::Incoming& incoming, Link& link, std::size_t bytes) {
  if (link.waiting.empty()) turn_.push_back(message.sender.connection);
  link.waiting.push_back({incoming.frame, bytes, std::move(message.sender), message.socket,
                          std::move(message.envelope), incoming.sequence, message.arrived});
  link.bytes_waiting += bytes;
  bytes_ += bytes;
  if (incoming.frame) ++waiting_;
}

// Room is shared by machines or devices: who has most there loses its newest.
bool Door::make_room(const Link& link, std::size_t bytes, LoopContext& context) {
  if (link.waiting.size() >= kMostWaiting || link.bytes_waiting + bytes > 4 * rules_.most_bytes)
    return false;
  while (bytes_ + bytes > kMostBytesWaiting || !hold(bytes, context)) {
    std::map<std::string, std::size_t> of;
    for (const int connection : turn_) {
      const Link& each = links_.at(connection);
      of[each.owner] += each.bytes_waiting;
    }
    of[link.owner] += bytes;
    const auto most = std::max_element(
        of.begin(), of.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    Link* fullest = nullptr;
    for (const int connection : turn_) {
      Link& each = links_.at(connection);
      if (each.owner == most->first && (!fullest || each.bytes_waiting > fullest->bytes_waiting))
        fullest = &each;
    }
    if (most->first == link.owner || !fullest || !fullest->waiting.back().frame) {
      hold(0, context);
      return false;
    }
    const auto* newest = &fullest->waiting.back();
    drop_waiting(*fullest, kFull, context, [&](const Waiting& w) { return &w == newest; });
  }
  return true;
}

template <class Which>
void Door::drop_waiting(Link& link, std::string_view cause, LoopContext& context, Which which) {
  if (link.waiting.empty()) return;
  std::deque<Waiting> kept;
  for (auto& w : link.waiting) {
    if (!which(w)) {
      kept.push_back(std::move(w));
      continue;
    }
    bytes_ -= w.bytes;
    link.bytes_waiting -= w.bytes;
    if (!w.frame) continue;
    --waiting_;
    change(link, [&](Repeats& repeats) { repeats.lost(w.frame); });
    context.drop(w.frame->source, cause);
    const auto word = w.sequence ? fmt::format("ERROR dropped: {}", cause) : std::string("OK");
    outside_.answer(w.socket, w.envelope, reply_of(w.sequence, word, w.arrived, context));
  }
  link.waiting = std::move(kept);
  if (link.waiting.empty())
    std::erase_if(turn_, [&](int connection) { return &links_.at(connection) == &link; });
  hold(0, context);
}

void Door::move_on(LoopContext& context) {
  if (turn_.empty()) {
    FramePtr none;
    context.try_emit(none);
    return;
  }
  while (!turn_.empty()) {
    const int connection = turn_.front();
    const auto it = links_.find(connection);
    Link& link = it->second;
    Waiting& next = link.waiting.front();
    if (FramePtr going = next.frame; going && !context.try_emit(going)) break;
    if (next.frame)
      answer_frame(link, next.socket, next.envelope, next.sequence, next.arrived, context);
    const Waiting done = std::move(next);
    link.waiting.pop_front();
    link.bytes_waiting -= done.bytes;
    bytes_ -= done.bytes;
    if (done.frame) --waiting_;
    turn_.pop_front();
    if (!link.waiting.empty()) turn_.push_back(connection);
    if (!done.frame) sources_.said_goodbye(done.sender, context.clock().steady());
    if (link.waiting.empty() && link.ended) lose(it, nullptr, context);
    tell(context);
  }
  hold(0, context);
}

void Door::close(LoopContext& context) {
  move_on(context);
  for (auto& [connection, link] : links_) {
    answer_now(link);
    forget_pictures(link);
    drop_waiting(link, cause::shutdown, context, [](const Waiting&) { return true; });
  }
  hold(0, context);
}

}  // namespace sluice
