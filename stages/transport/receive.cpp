// transport.receive: frames from Sluice and imagezmq senders.
//
// `request` is a ROUTER, so that no sender waits for another: each request is answered by itself,
// with everything up to the empty part sent back before the reply. A Sluice sender's reply also
// tells when the request came and when the reply left, by this machine's clock.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sluice/observe/ledger.hpp>
#include <sluice/stage.hpp>
#include <unordered_map>
#include <unordered_set>

#include "transport/access.hpp"
#include "transport/endpoint.hpp"
#include "transport/locks.hpp"
#include "transport/peer_clock.hpp"
#include "transport/refusals.hpp"
#include "transport/socket.hpp"
#include "transport/sources.hpp"
#include "transport/wire.hpp"

namespace sluice {
namespace {

struct Receive : LoopStage, Access {
  static void declare(Declare<Receive>& d) {
    d.summary("Takes frames from Sluice and imagezmq senders");
    d.manual(
        "Senders are told apart by the name they send; an old sender's text up to the first '|' "
        "is\n"
        "its name. imagenode's texts (Heartbeat, motion|moving, ...) become events. A message "
        "that\n"
        "is no frame counts as failed and is answered; nobody else notices. With `block` "
        "mailboxes\n"
        "behind it, senders are made to wait by the late reply.\n"
        "\n"
        "A name belongs to the sender that used it first, as long as its link lives: another's\n"
        "frames are dropped as `name_taken`. Frames that came before are dropped as `repeated`.\n"
        "Ages are by this machine's clock, whatever the sender's says; frames of old senders "
        "carry\n"
        "no time, and their age counts from arrival.");
    d.output(kinds::frames);
    d.listens();
    declare_access(d, "senders");
    d.choice("pattern", &Receive::pattern,
             {{"request", zmq::socket_type::router},
              {"publish", zmq::socket_type::sub},
              {"push", zmq::socket_type::pull}},
             "how the senders hand over their frames");
    d.param("max_message", &Receive::max_message, "larger messages cut their sender's connection")
        .range(ByteSize{1024}, ByteSize{std::int64_t{1} << 30});
    d.param("max_sources", &Receive::max_sources, "further sources are dropped").range(1, 1024);
    d.param("stale_after", &Receive::stale_after,
            "a source that sends nothing for so long raises source.stale; 0s: none does")
        .range(Duration(0), std::chrono::hours(24));
    d.raises({"link.up", "link.down", "peer.refused", "source.stale", "source.gone", "source.back",
              "source.conflict", "node.restart", "node.heartbeat", "node.reading", "motion.began",
              "motion.ended"});
    d.raises_any();  // what the senders' graphs raise
    d.example(R"(
[stage.cameras]
type = "transport.receive"
bind = "tcp://127.0.0.1:5555"

[stage.end]
type = "sink.discard"
from = "cameras"

# A camera, which elsewhere is another machine's graph.
[stage.camera]
type = "capture.synthetic"

[stage.uplink]
type = "transport.send"
from = "camera"
connect = "tcp://127.0.0.1:5555"
)");
  }

  zmq::socket_type pattern = zmq::socket_type::router;
  ByteSize max_message{64 << 20};
  int max_sources = 256;
  Duration stale_after = std::chrono::seconds(3);

  void start(Context& context) override {
    sources_.emplace(
        Sources::Rules{static_cast<std::size_t>(max_sources), stale_after, dead_after});
    VideoSocket::Options options;
    options.type = pattern;
    options.most_bytes = max_message.bytes;
    switch (pattern) {
      case zmq::socket_type::router:  // more than any window, so that it never fills
        options.receive_queue = 1000;
        options.dead_after = dead_after;
        break;
      case zmq::socket_type::sub:  // read without ever waiting, see hand_on()
        options.receive_queue = 100;
        options.dead_after = dead_after;
        break;
      default:  // push: a full queue makes the sender wait, so there are no heartbeats
        break;
    }
    const auto now = context.clock().steady();
    if (security == "curve") locks_.emplace(zmq_, *this, context.clock());
    const auto add = [&](const std::string& address, bool listens, VideoSocket::Secure secure) {
      sockets_.push_back(
          std::make_unique<VideoSocket>(zmq_, options, address, listens, std::move(secure), now));
    };
    for (std::size_t i = 0; i < connect.size(); ++i) {
      add(connect[i], false, locks_ ? locks_->for_connecting(i) : nullptr);
      places_[sockets_.back().get()] = i;
    }
    for (const auto& address : bind) {
      add(bind_endpoint(address).address, true, locks_ ? locks_->for_binding() : nullptr);
      context.log(LogLevel::info, "listening on " + sockets_.back()->bound());
    }
    for (const auto& socket : sockets_) polled_.push_back(socket.get());
  }

  void run(LoopContext& context) override {
    const std::vector<bool> for_writing(polled_.size(), false);
    while (!context.stopping()) {
      const auto now = context.clock().steady();
      auto due = now + std::chrono::milliseconds(500);  // for sources that fall silent
      for (const auto& socket : sockets_) due = std::min(due, socket->due(now));
      wait_for(polled_, for_writing, context.wake_fd(), due - now);
      for (const auto& socket : sockets_) keep(*socket, context);
      if (locks_) refusals_.tell(locks_->news(context), context);
      receive_all(context);
      sources_->check(context.clock().steady());
      tell(context);
    }
    // What has already arrived is still answered, so that its senders don't wait in vain.
    for (const auto& socket : sockets_)
      for (int i = 0; i < 100 && receive_one(*socket, context); ++i) {
      }
  }

 private:
  // One message of each socket in turn, so that none waits for another's flood; for a while only,
  // since there are timers.
  void receive_all(LoopContext& context) {
    constexpr int kAtOnce = 64;
    bool any = true;
    for (int i = 0; any && i < kAtOnce && !context.stopping(); ++i) {
      any = false;
      for (const auto& socket : sockets_) any = receive_one(*socket, context) || any;
    }
  }

  bool receive_one(VideoSocket& socket, LoopContext& context) {
    constexpr std::size_t kMostParts = 8;
    std::size_t beyond = 0;
    auto parts = receive_parts(socket.socket(), kMostParts, beyond);
    if (parts.empty()) return false;
    const UtcTime arrived = context.clock().utc();
    std::size_t first = 0;  // of the two parts that count
    if (pattern == zmq::socket_type::router) {
      // The envelope ends with the first empty part; a REQ_CORRELATE peer has one part more before
      // it.
      first = 1;
      while (first < parts.size() && first <= 3 && parts[first].size() != 0) ++first;
      if (first >= parts.size() || parts[first].size() != 0) {
        context.fail({}, "a message without the empty part that begins a request");
        return true;
      }
      ++first;
    }
    std::string reply;
    try {
      const std::size_t count = parts.size() - first + beyond;
      if (count != 2)
        throw wire::BadMessage(fmt::format("a message of {} parts instead of 2", count));
      reply = take(context, socket, parts[first], std::move(parts[first + 1]), arrived);
    } catch (const wire::BadMessage& e) {
      context.fail({}, e.what());
      reply = fmt::format("ERROR {}", e.what());
    }
    tell(context);
    if (pattern != zmq::socket_type::router || reply.empty()) return true;
    for (std::size_t i = 0; i < first; ++i)
      if (!socket.socket().send(parts[i], zmq::send_flags::sndmore | zmq::send_flags::dontwait))
        return true;  // the peer is gone or doesn't read; its frame has been taken all the same
    socket.socket().send(zmq::buffer(reply), zmq::send_flags::dontwait);
    return true;
  }

  // What to reply; nothing to a goodbye.
  std::string take(LoopContext& context, VideoSocket& socket, zmq::message_t& header,
                   zmq::message_t payload, UtcTime arrived) {
    const auto now = context.clock().steady();
    Sender sender{{}, connection_of(header), address_of(header), {}};
    if (locks_) {
      const auto known = socket.listens() ? locks_->sender_of(header)
                                          : std::optional(locks_->device_at(places_[&socket]));
      if (!known) {
        context.drop({}, "not_allowed");
        // Its name is free for the same device with a new key.
        sources_->connection_lost(sender.connection, now);
        return "ERROR this device's key is not allowed any more";
      }
      sender.device = *known;
    }
    // The frame keeps ZeroMQ's own memory: no copy of the picture is made.
    const auto message = std::make_shared<zmq::message_t>(std::move(payload));
    const std::span bytes(message->data<const std::uint8_t>(), message->size());
    auto incoming = wire::message_of(header.to_string_view(), bytes, message, arrived);
    sender.run = incoming.run;
    const bool over = ended_.count(sender.connection) != 0;
    if (!over && links_.insert(sender.connection).second)
      context.raise({"link.up", {}, {{"address", sender.address}}});
    auto reply = take_from(sender, incoming, arrived, context);
    // It was still on its way when its connection ended, and brings nobody back.
    if (over) sources_->connection_lost(sender.connection, now);
    return reply;
  }

  std::string take_from(const Sender& sender, wire::Incoming& incoming, UtcTime arrived,
                        LoopContext& context) {
    const auto now = context.clock().steady();
    if (incoming.goodbye) {
      sources_->said_goodbye(sender, now);
      return {};
    }
    if (incoming.ping) return "OK";
    const std::string& source = incoming.event ? incoming.event->source : incoming.frame->source;
    if (locks_ && !locks_->may_send_as(sender.device, source)) {
      context.drop({}, "not_its_name");
      return fmt::format("ERROR the device '{0}' sends as '{0}' or '{0}-...', and not as '{1}'",
                         sender.device, source);
    }
    if (incoming.event) {
      if (!sources_->may_speak_for(incoming.event->source, sender))
        throw wire::BadMessage(fmt::format("another device sends as '{}'", incoming.event->source));
      context.raise(std::move(*incoming.event));
      return "OK";
    }
    Frame& frame = *incoming.frame;
    Sources::Arrival arrival{frame.source, {}, frame.captured};
    if (incoming.from_sluice) arrival.sequence = frame.sequence;
    std::uint64_t sequence = 0;
    const auto reply = [&, theirs = frame.sequence](std::string_view word) {
      return incoming.from_sluice ? reply_to(theirs, word, arrived, context) : std::string("OK");
    };
    switch (sources_->arrived(arrival, sender, now, sequence)) {
      case Sources::Verdict::taken:
        break;
      case Sources::Verdict::repeated:
        context.drop(frame.source, cause::repeated);
        return reply("OK");
      case Sources::Verdict::too_many:
        context.drop({}, "too_many_sources");
        return reply("ERROR the hub takes no further source");
      case Sources::Verdict::name_taken:
        context.drop(frame.source, "name_taken");
        return reply(fmt::format(
            "ERROR another device sends as '{}'; give this one a name of its own", frame.source));
    }
    frame.sequence = sequence;
    correct(incoming, arrived, now, context);
    hand_on(std::move(incoming.frame), context);
    return reply("OK");
  }

  // A publisher waits for nobody, so nobody may make this stage wait either.
  void hand_on(FramePtr frame, LoopContext& context) const {
    if (pattern == zmq::socket_type::sub)
      context.offer(std::move(frame));
    else
      context.emit(std::move(frame));
  }

  // Turns the sender's times into this machine's. Whatever it says, a frame was taken before it
  // came, and not longer ago than a frame can have been under way.
  void correct(wire::Incoming& incoming, UtcTime arrived, SteadyTime now, LoopContext& context) {
    constexpr Duration kOldest = std::chrono::hours(1);
    Frame& frame = *incoming.frame;
    if (!frame.captured_known) return;
    if (incoming.sent) {
      if (delays_.size() > 2 * static_cast<std::size_t>(max_sources)) delays_.clear();
      auto& delay = delays_[frame.source];
      const Duration offset =
          incoming.offset ? *incoming.offset : delay.correction(*incoming.sent, arrived, now);
      frame.captured += offset;
      context.figure("clock_offset_ms", frame.source, milliseconds(offset));
    }
    const UtcTime said = frame.captured;
    frame.captured = std::clamp(said, arrived - kOldest, arrived);
    if (said < frame.captured) context.figure("ages_clamped", "all", ++ages_clamped_);
  }

  static std::string reply_to(std::uint64_t sequence, std::string_view word, UtcTime arrived,
                              const LoopContext& context) {
    const nlohmann::json times{{"seq", sequence},
                               {"received", arrived.time_since_epoch().count()},
                               {"sent", context.clock().utc().time_since_epoch().count()}};
    return fmt::format("{} {}", word, times.dump());
  }

  void keep(VideoSocket& socket, LoopContext& context) {
    socket.keep(context.clock().steady(), [&](const VideoSocket::News& news) {
      using What = VideoSocket::News::What;
      switch (news.what) {
        case What::accepted:
          ended_.erase(news.connection);
          break;
        case What::up:  // told when the first message says who it is
          break;
        case What::absent:
          context.log(LogLevel::warning, fmt::format("{}: {}", news.address, news.why));
          break;
        case What::refused:
          if (links_.count(news.connection) != 0)
            lost(socket, news, context);  // it was in already, and broke the rules then
          else if (!news.why.empty())
            refusals_.tell({news.address, news.why}, 1, context);
          break;
        case What::down:
          lost(socket, news, context);
          break;
      }
    });
  }

  void lost(VideoSocket& socket, const VideoSocket::News& news, LoopContext& context) {
    // What it sent before its end counts; so does what comes later than this, but for its link.
    constexpr int kMost = 64;
    for (int i = 0; i < kMost && receive_one(socket, context); ++i) {
    }
    ended_.insert(news.connection);
    if (links_.erase(news.connection) == 0) return;
    Event event{"link.down", {}, {{"address", news.address}}};
    const auto names = sources_->names_on(news.connection);
    if (!names.empty())
      event.details.emplace_back("sources", fmt::format("{}", fmt::join(names, ", ")));
    context.raise(std::move(event));
    sources_->connection_lost(news.connection, context.clock().steady());
  }

  void tell(LoopContext& context) {
    for (auto& [event, sender] : sources_->take_events()) context.raise(std::move(event));
  }

  // Its own, so that closing waits for nobody else's messages.
  zmq::context_t zmq_{1};
  std::optional<Locks> locks_;
  std::vector<std::unique_ptr<VideoSocket>> sockets_;
  std::vector<VideoSocket*> polled_;
  std::unordered_map<const VideoSocket*, std::size_t> places_;  // in Access::connect
  std::optional<Sources> sources_;
  std::unordered_set<int> links_;  // connections that have sent something
  std::unordered_set<int> ended_;  // and those that are over, until their number is used again
  std::unordered_map<std::string, LeastDelay> delays_;  // by source
  Refusals refusals_;
  double ages_clamped_ = 0;
};
SLUICE_STAGE(Receive, "transport.receive");

}  // namespace
}  // namespace sluice
