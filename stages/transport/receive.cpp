// transport.receive: frames from Sluice and imagezmq senders.
//
// `request` is a ROUTER, so that no sender waits for another: each request is answered by itself,
// with everything up to the empty part sent back before the reply. A Sluice sender's reply also
// tells when the request came and when the reply left, by this machine's clock.

#include <fmt/format.h>

#include <sluice/stage.hpp>

#include "transport/access.hpp"
#include "transport/door.hpp"
#include "transport/endpoint.hpp"
#include "transport/locks.hpp"
#include "transport/refusals.hpp"
#include "transport/socket.hpp"

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
        "is no frame counts as failed and is answered, and the log says whose it looks like; "
        "nobody\n"
        "else notices. With `block` mailboxes behind it, senders are made to wait by the late "
        "reply;\n"
        "those that wait for none lose what is too much, as `queue_full`.\n"
        "\n"
        "A name belongs to the sender that used it first, until its link ends or it has been "
        "silent\n"
        "for long: another's frames are dropped as `name_taken`. When `max_sources` are there, a\n"
        "newcomer takes a place of the machine, or device, that has most. Whose frames are not "
        "taken, and\n"
        "why, is said once of each sender in the log and by source.refused. Frames that came "
        "before\n"
        "are dropped as `repeated`.\n"
        "\n"
        "Many old programs send their camera's newest picture as fast as they are answered, new or "
        "not.\n"
        "What equals its source's last picture byte by byte is dropped as `repeated`, and its "
        "answer waits\n"
        "until about the next picture is due, 0.1 s at most, so that such a sender falls to about "
        "its\n"
        "camera's rate. Pictures that differ are taken at any rate, unless `max_rate` is set. "
        "Repeats are\n"
        "signs of life, but a source that brings nothing else raises source.frozen, and\n"
        "source.unfrozen with its next new picture.\n"
        "\n"
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
    d.param("max_message", &Receive::max_message,
            "larger messages cut their sender's connection: room for the largest picture")
        .range(ByteSize{1024}, ByteSize{std::int64_t{1} << 30});
    d.param("max_sources", &Receive::max_sources, "further sources are dropped").range(1, 1024);
    d.param("stale_after", &Receive::stale_after,
            "a source that sends nothing for so long raises source.stale; 0s: none does")
        .range(Duration(0), std::chrono::hours(24));
    d.param("frozen_after", &Receive::frozen_after,
            "an old sender's source that brings only the same picture for so long raises "
            "source.frozen; 0s: none does")
        .range(Duration(0), std::chrono::hours(24));
    d.param("max_rate", &Receive::max_rate,
            "frames/s of an old sender's source: answers wait for so long; a sender that wants no "
            "answers is not slowed; 0: no limit")
        .range(0, 1000);
    d.raises({"link.up", "link.down", "peer.refused", "source.stale", "source.gone", "source.back",
              "source.frozen", "source.unfrozen", "source.conflict", "source.refused",
              "events.left_out", "node.restart", "node.heartbeat", "node.reading", "motion.began",
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
  ByteSize max_message{8 << 20};
  int max_sources = 256;
  Duration stale_after = std::chrono::seconds(3);
  Duration frozen_after = std::chrono::seconds(10);
  int max_rate = 0;

  void start(Context& context) override {
    VideoSocket::Options options;
    options.type = pattern;
    options.most_bytes = max_message.bytes;
    options.most_is = fmt::format("max_message, {} bytes", max_message.bytes);
    options.dead_after = dead_after;
    options.limits = limits(*this);
    constexpr std::uint64_t kHeader = 1 << 20;  // and the rest that goes with a picture
    options.limits.peers_send = true;
    options.limits.most_unread = static_cast<std::uint64_t>(max_message.bytes) + kHeader;
    const auto now = context.clock().steady();
    if (security == "curve") locks_.emplace(zmq_, *this, context.clock());
    const auto add = [&](const std::string& address, bool listens, VideoSocket::Secure secure) {
      sockets_.push_back(
          std::make_unique<VideoSocket>(zmq_, options, address, listens, std::move(secure), now));
    };
    for (std::size_t i = 0; i < connect.size(); ++i)
      add(connect[i], false, locks_ ? locks_->for_connecting(i) : nullptr);
    for (const auto& address : bind) {
      add(bind_endpoint(address).address, true, locks_ ? locks_->for_binding() : nullptr);
      context.log(LogLevel::info, "listening on " + sockets_.back()->bound());
    }
    for (const auto& socket : sockets_) polled_.push_back(socket.get());
    door_.emplace(
        Door::Rules{static_cast<std::size_t>(max_sources), stale_after, dead_after,
                    pattern == zmq::socket_type::router, pattern != zmq::socket_type::sub,
                    static_cast<std::size_t>(max_message.bytes), frozen_after, max_rate},
        Door::Outside{[this](auto socket, auto& envelope, auto text) {
                        answer(*sockets_[socket], envelope, text);
                      },
                      may_send_as(), [this](int connection) { return bytes_from(connection); }});
  }

  void run(LoopContext& context) override {
    constexpr Duration kBetweenChecks = std::chrono::milliseconds(100);
    const std::vector<bool> for_writing(polled_.size(), false);
    SteadyTime checked{};
    while (!context.stopping()) {
      auto now = context.clock().steady();
      // For who falls silent.
      auto due = now + std::min<Duration>(std::chrono::milliseconds(500), dead_after / 4);
      for (const auto& socket : sockets_) due = std::min(due, socket->due(now));
      if (const auto late = door_->answer_late(context)) due = std::min(due, *late);
      wait_for(polled_, for_writing, context.wake_fd(), due - now);
      for (std::size_t i = 0; i < sockets_.size(); ++i) keep(i, context);
      if (locks_) refusals_.tell(locks_->news(context), context);
      door_->move_on(context);
      receive_all(context);
      now = context.clock().steady();
      if (now - checked < kBetweenChecks) continue;
      checked = now;
      door_->check(context);
    }
    // What has already arrived is still answered, so that its senders don't wait in vain.
    for (std::size_t i = 0; i < sockets_.size(); ++i)
      for (int n = 0; n < 100 && receive_one(i, context); ++n) {
      }
    door_->close(context);
  }

 private:
  std::function<bool(const std::string&, const std::string&)> may_send_as() {
    if (!locks_) return nullptr;
    return [this](const std::string& device, const std::string& source) {
      return locks_->may_send_as(device, source);
    };
  }

  std::optional<std::uint64_t> bytes_from(int connection) const {
    for (const auto& socket : sockets_)
      if (const auto traffic = socket->traffic(connection)) return traffic->received;
    return {};
  }

  // One message of each socket in turn, so that none waits for another's flood; for a while only,
  // since there are timers.
  void receive_all(LoopContext& context) {
    constexpr int kAtOnce = 64;
    bool any = true;
    for (int i = 0; any && i < kAtOnce && !context.stopping(); ++i) {
      any = false;
      for (std::size_t s = 0; s < sockets_.size(); ++s) any = receive_one(s, context) || any;
    }
  }

  bool receive_one(std::size_t socket, LoopContext& context) {
    constexpr std::size_t kMostParts = 8;
    auto [parts, beyond, connection] = sockets_[socket]->receive(kMostParts);
    if (parts.empty()) return false;
    if (!keeping_ && !sockets_[socket]->knows(connection)) {
      keep(socket, context);
      if (sockets_[socket]->has_cut(connection)) {
        context.drop({}, "too_many_peers");
        return true;
      }
    }
    auto& last = parts.back();
    Door::Message message{
        {{}, connection, address_of(last), {}}, socket, {}, {}, beyond, context.clock().utc()};
    if (locks_) {
      const auto device = sockets_[socket]->listens() ? locks_->sender_of(last)
                                                      : std::optional(locks_->device_at(socket));
      message.parts = std::move(parts);
      if (!device) {
        door_->shut_out(std::move(message), context);
        return true;
      }
      message.sender.device = *device;
    } else {
      message.parts = std::move(parts);
    }
    door_->take(std::move(message), context);
    return true;
  }

  // A peer that is gone or doesn't read misses it; its frame has been taken all the same.
  void answer(VideoSocket& socket, std::vector<zmq::message_t>& envelope, std::string_view text) {
    if (pattern != zmq::socket_type::router) return;
    const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    for (auto& part : envelope)
      if (!socket.socket().send(part, more)) return;
    socket.socket().send(zmq::buffer(text), zmq::send_flags::dontwait);
  }

  void keep(std::size_t socket, LoopContext& context) {
    keeping_ = true;
    sockets_[socket]->keep(context.clock().steady(), [&](const VideoSocket::News& news) {
      using What = VideoSocket::News::What;
      switch (news.what) {
        case What::accepted:
          door_->accepted(news.connection, context);
          break;
        case What::up:  // told when the first message says who it is
          break;
        case What::absent:
          context.log(LogLevel::warning, fmt::format("{}: {}", news.address, news.why));
          break;
        case What::cut:
          refusals_.tell({news.address, news.why}, 1, context);
          break;
        case What::refused:
          if (door_->knows(news.connection))
            lost(socket, news, context);  // it was in already, and broke the rules then
          else if (!news.why.empty())
            refusals_.tell({news.address, news.why}, 1, context);
          break;
        case What::down:
          lost(socket, news, context);
          break;
      }
    });
    keeping_ = false;
  }

  void lost(std::size_t socket, const VideoSocket::News& news, LoopContext& context) {
    // What it sent before its end counts; so does what comes later than this, but for its link.
    constexpr int kMost = 64;
    for (int i = 0; i < kMost && receive_one(socket, context); ++i) {
    }
    door_->connection_lost(news.connection, news.address, context);
  }

  // Its own, so that closing waits for nobody else's messages.
  zmq::context_t zmq_{1};
  std::optional<Locks> locks_;
  std::vector<std::unique_ptr<VideoSocket>> sockets_;  // those that connect first, as in `connect`
  std::vector<VideoSocket*> polled_;
  std::optional<Door> door_;
  Refusals refusals_;
  bool keeping_ = false;  // messages are read from within keep(), too
};
SLUICE_STAGE(Receive, "transport.receive");

}  // namespace
}  // namespace sluice
