// transport.send: frames to Sluice and imagezmq hubs.
//
// `request` is a DEALER that sends the empty part itself, so a REP or ROUTER at the other end sees
// a request; up to `window` of them are under way at once, and each reply settles one. There is no
// lock-step to get stuck in: a lost connection drops what was under way, counts it, and goes on.
//
// A frame is taken from the mailbox only when it can be sent at once. While the hub is away frames
// wait in the mailbox, where its rule (latest) keeps them fresh.

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <random>
#include <sluice/stage.hpp>

#include "transport/access.hpp"
#include "transport/endpoint.hpp"
#include "transport/lane.hpp"
#include "transport/locks.hpp"
#include "transport/node_texts.hpp"
#include "transport/readable.hpp"
#include "transport/refusals.hpp"

namespace sluice {
namespace {

struct Send : LoopStage, Access {
  static void declare(Declare<Send>& d) {
    d.summary("Sends frames to hubs: Sluice, imagezmq, imagehub, NetGear, SmoothStream");
    d.manual(
        R"(Sends images as raw pixels and encoded pictures as they are; put encode.jpeg before it to save
bandwidth.

pattern = "request": each frame is acknowledged, and goes to one hub, the next that has room. What
  was under way when a connection broke is dropped as `link_lost`.
pattern = "publish": each frame goes to every hub that is there, and none is waited for. What a slow
  one misses, it counts as missing itself.
pattern = "push": each frame goes to one hub, unacknowledged. What a broken connection loses is
  counted as missing by the hub; what the hub has no room for, it drops.

While no hub is there frames stay in the mailbox, which keeps the newest of each source for 2 s.

A Sluice hub reads whatever comes. A program with imagezmq's ImageHub reads pixels or JPEGs, doesn't
tell which, and says OK to both. So `peer` says it, and what has another form is turned into that:

peer = "imagezmq-images": pixels, for recv_image(). JPEGs are decoded; yuv420 and bgra8 become bgr8.
peer = "imagezmq-jpegs": JPEGs, for recv_jpg(). Pixels are compressed at quality 85; put encode.jpeg
  before it for another.
peer = "imagehub": JPEGs under imagenode's texts, so that imagehub stores them: "NODE SOURCE|jpg"
  (without SOURCE where it is the same). Events that are linked to it go to imagehub's log:
  motion.began and motion.ended as "NODE SOURCE|motion|moving" and "|still", node.reading as
  "NODE SOURCE|WHAT|VALUE"; other events don't go. "NODE|Restart|..." goes at each start, and
  "NODE|Heartbeat" every `heartbeat`. What of these was not acknowledged when a connection broke is
  sent again.
peer = "netgear": JPEGs, for VidGear's NetGear(receive_mode = True, pattern = 1), or pattern = 2 and
  here pattern = "publish"; both connect to it. Of its modes the plain one.
peer = "smoothstream": the base64 of JPEGs, for SmoothStream's viewer, which binds and has
  pattern = "publish" here. It is told no camera's name.

What can't be turned into it, such as a PNG, fails. Without `peer`, a JPEG ends no program that calls
recv_image(): until a Sluice hub has answered, and when publishing always, zeros follow the JPEG and
the header calls all of it pixels, so that recv_image() gives a senseless picture, and recv_jpg() the
JPEG. When an ImageHub has answered, the log says what to set, and yuv420 goes to it as bgr8.)");
    d.input(kinds::frames);
    d.input(Kind::event, "events", "what imagehub is told besides pictures");
    declare_access(d, "hubs");
    d.choice(
        "pattern", &Send::pattern,
        {{"request", Pattern::request}, {"publish", Pattern::publish}, {"push", Pattern::push}},
        "how frames are handed over");
    d.choice("peer", &Send::peer,
             {{"sluice", Peer::sluice},
              {"imagezmq-images", Peer::imagezmq_images},
              {"imagezmq-jpegs", Peer::imagezmq_jpegs},
              {"imagehub", Peer::imagehub},
              {"netgear", Peer::netgear},
              {"smoothstream", Peer::smoothstream}},
             "what the program at the other end can read");
    d.param("node", &Send::node,
            "to imagehub: this node's name there, such as \"Front Garden\"; empty: the machine's");
    d.param("heartbeat", &Send::heartbeat,
            "to imagehub: how often it is told that this node is alive; 0s: never")
        .range(Duration(0), std::chrono::hours(24));
    d.param("window", &Send::window,
            "frames under way at once; fewer where the link is too thin for them")
        .range(1, 64);
    d.param("reply_limit", &Send::reply_limit,
            "a hub that acknowledges nothing for so long is given up, and connected to anew")
        .range(std::chrono::milliseconds(200), std::chrono::minutes(10));
    d.check([](const Send& send, ParamProblems& problems) {
      check_access(send, problems);
      send.check_peer(problems);
    });
    d.raises({"link.up", "link.down", "peer.refused"});
    // Of pictures that can't go out now only the newest is of use later, and not for long.
    d.mailbox({.when_full = WhenFull::latest, .max_age = std::chrono::seconds(2)});
    d.single_worker();
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.jpeg]
type = "encode.jpeg"
from = "camera"

[stage.uplink]
type = "transport.send"
from = "jpeg"
connect = "tcp://127.0.0.1:5555"

# The hub, which elsewhere is another machine's graph.
[stage.cameras]
type = "transport.receive"
bind = "tcp://127.0.0.1:5555"

[stage.end]
type = "sink.discard"
from = "cameras"
)");
  }

  Pattern pattern = Pattern::request;
  Peer peer = Peer::sluice;
  std::string node;
  Duration heartbeat{0};
  int window = 4;
  Duration reply_limit = std::chrono::seconds(10);

  void start(Context& context) override {
    const Lane::Rules rules{pattern,
                            window,
                            reply_limit,
                            dead_after,
                            fmt::format("{:08x}", std::random_device()()),
                            limits(*this),
                            peer};
    const auto now = context.clock().steady();
    if (security == "curve") locks_.emplace(zmq_, *this, context.clock());
    const auto add = [&](const std::string& address, bool listens, VideoSocket::Secure secure) {
      lanes_.push_back(
          std::make_unique<Lane>(zmq_, rules, address, listens, std::move(secure), now));
    };
    for (const auto& address : bind) {
      add(bind_endpoint(address).address, true, locks_ ? locks_->for_binding() : nullptr);
      context.log(LogLevel::info, "listening on " + lanes_.back()->socket().bound());
    }
    for (std::size_t i = 0; i < connect.size(); ++i) {
      add(connect[i], false, locks_ ? locks_->for_connecting(i) : nullptr);
      context.log(LogLevel::info, "sending to " + connect[i]);
    }
    for (const auto& lane : lanes_) sockets_.push_back(&lane->socket());
    if (peer != Peer::imagehub) return;
    texts_.emplace(node);
    blank_ = readable_.blank();
    to_tell_.push_back(texts_->restart());
    next_heartbeat_ = now + heartbeat;
  }

  void on_event(const Event& event, Context& context) override {
    if (texts_) {
      if (const auto text = texts_->event(event)) to_tell_.push_back(*text);
    } else if (!std::exchange(events_told_, true)) {
      context.log(LogLevel::warning,
                  "events are sent to imagehub only (peer = \"imagehub\"); these are not sent");
    }
  }

  void run(LoopContext& context) override {
    while (!context.stopping()) {
      for (const auto& lane : lanes_) lane->keep(context, refusals_);
      if (locks_) refusals_.tell(locks_->news(context), context);
      if (texts_) keep_telling(context.clock().steady());
      while (!context.stopping() && send_one(context)) {
      }
      if (context.inputs_ended() && under_way() == 0 && to_tell_.empty() && !next_) break;
      wait(context);
    }
    for (const auto& lane : lanes_) {
      lane->drop_under_way(context, "no_reply");
      lane->say_goodbye();
    }
    if (next_) context.drop(next_->source, "link_down");
    if (texts_) keep_telling({});
    if (!to_tell_.empty())
      context.log(LogLevel::warning,
                  fmt::format("{} texts have not reached imagehub, '{}' the last", to_tell_.size(),
                              to_tell_.back()));
  }

 private:
  void check_peer(ParamProblems& problems) const {
    if (peer == Peer::imagehub && pattern != Pattern::request)
      problems.push_back({"pattern", "imagehub takes requests only", "leave 'pattern' out", {}});
    else if (peer == Peer::smoothstream && pattern != Pattern::publish)
      problems.push_back(
          {"pattern", "SmoothStream's viewer subscribes", "write pattern = \"publish\"", {}});
    else if (peer != Peer::sluice && pattern == Pattern::push)
      problems.push_back({"pattern",
                          "only Sluice hubs take what is pushed",
                          "leave 'pattern' out, or write pattern = \"publish\"",
                          {}});
    if (peer != Peer::imagehub && (!node.empty() || heartbeat != Duration(0)))
      problems.push_back(
          {node.empty() ? "heartbeat" : "node",
           fmt::format("only imagehub is told '{}'", node.empty() ? "heartbeat" : "node"),
           "write peer = \"imagehub\", or leave it out",
           {}});
    if (const auto why = against_node_name(node))
      problems.push_back({"node",
                          fmt::format("a node can't have this name: {}", *why),
                          "as in node = \"Front Garden\"",
                          {}});
  }

  // What wasn't acknowledged comes first: it is older. A heartbeat that still waits is one.
  void keep_telling(SteadyTime now) {
    for (const auto& lane : lanes_) {
      const auto texts = lane->take_unacknowledged();
      to_tell_.insert(to_tell_.begin(), texts.begin(), texts.end());
    }
    if (heartbeat == Duration(0) || now < next_heartbeat_) return;
    next_heartbeat_ = now + heartbeat;
    const auto text = texts_->heartbeat();
    if (std::ranges::find(to_tell_, text) == to_tell_.end()) to_tell_.push_back(text);
  }

  bool send_one(LoopContext& context) {
    Lane* lane = next_with_room();
    if (!lane) return false;
    // The events that take() brings happened before the frame that it gives, and go before it.
    if (to_tell_.empty() && !next_) next_ = context.take(Duration(0));
    if (!to_tell_.empty()) {
      if (!lane->tell(to_tell_.front(), blank_, context)) return false;
      to_tell_.pop_front();
      return true;
    }
    if (!next_) return false;
    auto frame = std::exchange(next_, nullptr);
    try {
      // To a hub that is none of Sluice's, yuv420 would be a gray picture of its planes.
      const bool to_old =
          peer == Peer::sluice && lane->to_old_hub() && frame->kind() == Kind::yuv420;
      frame = readable_.of(frame, to_old ? Peer::imagezmq_images : peer);
    } catch (const FrameError& unreadable) {
      context.fail(frame->source, unreadable.what());
      return true;
    }
    const auto text = texts_ ? texts_->picture(frame->source) : std::string();
    bool taken = false;
    if (pattern != Pattern::publish)
      taken = lane->send(frame, text, context);
    else
      for (const auto& each : lanes_)
        if (each->has_room()) taken = each->send(frame, text, context) || taken;
    if (!taken)
      context.drop(frame->source, "link_down");
    else if (pattern != Pattern::request)
      context.done();
    return true;
  }

  // In turn, so that hubs share out the frames.
  Lane* next_with_room() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      turn_ = (turn_ + 1) % lanes_.size();
      if (lanes_[turn_]->has_room()) return lanes_[turn_].get();
    }
    return nullptr;
  }

  std::size_t under_way() const {
    std::size_t sum = 0;
    for (const auto& lane : lanes_) sum += lane->under_way();
    return sum;
  }

  void wait(LoopContext& context) {
    const auto now = context.clock().steady();
    bool room = false;
    auto due = now + std::chrono::seconds(1);
    for (const auto& lane : lanes_) {
      room = room || lane->has_room();
      due = std::min(due, lane->due(now));
    }
    // Without room a waiting frame is no reason to wake up; at the end only replies are waited for,
    // and the mailbox's descriptor would always be ready.
    const bool for_frames = room && !context.inputs_ended();
    if (!for_frames) due = std::min<SteadyTime>(due, now + std::chrono::milliseconds(100));
    for_writing_.clear();
    for (const auto& lane : lanes_) for_writing_.push_back(!room && lane->waits_for_socket());
    wait_for(sockets_, for_writing_, for_frames ? context.wake_fd() : -1, due - now);
  }

  // Its own, so that closing waits for nobody else's messages.
  zmq::context_t zmq_{1};
  std::optional<Locks> locks_;
  Refusals refusals_;
  Readable readable_;
  // To imagehub.
  std::optional<NodeTexts> texts_;
  Encoded blank_;
  std::deque<std::string> to_tell_;
  FramePtr next_;  // comes after what is told
  SteadyTime next_heartbeat_{};
  bool events_told_ = false;  // that they aren't sent
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<VideoSocket*> sockets_;
  std::vector<bool> for_writing_;
  std::size_t turn_ = 0;
};
SLUICE_STAGE(Send, "transport.send");

}  // namespace
}  // namespace sluice
