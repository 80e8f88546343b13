// transport.send: frames to a Sluice or an imagezmq hub.
//
// A DEALER that sends the empty part itself, so a REP or ROUTER at the other end sees a request; up
// to `window` of them are under way at once, and each reply settles the oldest. There is no
// lock-step to get stuck in: a lost connection drops what was under way, counts it, and goes on.
//
// A frame is taken from the mailbox only when it can be sent at once. While the hub is away frames
// wait in the mailbox, where its rule (drop_oldest) keeps them fresh.

#include <fmt/format.h>

#include <deque>
#include <random>
#include <sluice/stage.hpp>

#include "transport/endpoint.hpp"
#include "transport/endpoint_check.hpp"
#include "transport/socket.hpp"
#include "transport/wire.hpp"

namespace sluice {
namespace {

// Frees what ZeroMQ has sent: called in its I/O thread.
void let_go(void*, void* owner) { delete static_cast<std::shared_ptr<const void>*>(owner); }

struct Send : LoopStage {
  static void declare(Declare<Send>& d) {
    d.summary("Sends frames to a Sluice or an imagezmq hub");
    d.manual(
        "Sends images as raw pixels and encoded pictures as they are; put encode.jpeg before it "
        "to\n"
        "save bandwidth. While the hub is away frames stay in the mailbox, whose rule decides "
        "which\n"
        "are kept. What was under way when a connection broke is dropped as `link_lost`.");
    d.input(kinds::frames);
    d.param("connect", &Send::connect, "the hub's address, such as tcp://hub.local:5555");
    d.param("bind", &Send::bind, "or, instead, an address to listen on for a hub that connects");
    d.param("pattern", &Send::pattern, "how frames are handed over: each is acknowledged")
        .choices({"request"});
    d.param("security", &Send::security,
            "\"none\" lets anybody who can reach the bound address listen; needed beyond loopback")
        .choices({"", "none"});
    d.param("window", &Send::window, "frames under way at once").range(1, 64);
    d.param("reply_limit", &Send::reply_limit,
            "a hub that acknowledges nothing for so long is given up, and connected to anew")
        .range(std::chrono::milliseconds(200), std::chrono::minutes(10));
    d.raises({"link.up", "link.down"});
    d.single_worker();
    d.check([](const Send& s, ParamProblems& problems) {
      check_endpoints(s.bind, s.connect, s.security, problems);
    });
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
)");
  }

  std::vector<std::string> connect;
  std::vector<std::string> bind;
  std::string pattern = "request";
  std::string security;
  int window = 4;
  Duration reply_limit = std::chrono::seconds(10);

  void start(Context& context) override {
    if (connect.empty() && bind.empty())
      throw std::runtime_error("give connect or bind, such as connect = \"tcp://hub.local:5555\"");
    for (auto& address : connect) address = connect_endpoint(address).address;
    for (auto& address : bind) {
      const auto endpoint = bind_endpoint(address);
      if (!endpoint.local && security.empty())
        throw std::runtime_error(fmt::format(
            "{} can be reached by other machines: write security = \"none\" to send to anybody who "
            "can reach it, or listen on tcp://127.0.0.1 only",
            address));
      address = endpoint.address;
    }
    run_ = fmt::format("{:08x}", std::random_device()());
    open();
    for (const auto& address : connect) context.log(LogLevel::info, "sending to " + address);
  }

  void run(LoopContext& context) override {
    while (!context.stopping()) {
      tell_news(context);
      take_replies(context);
      while (can_send() && !context.stopping()) {
        auto frame = context.take(Duration(0));
        if (!frame) break;
        send(context, std::move(frame));
      }
      const bool ended = context.inputs_ended();
      if (ended && under_way_.empty()) return;
      give_up_waiting(context);
      // At the end only replies are waited for, and the mailbox's descriptor would always be ready;
      // with the window full, or no hub, a waiting frame is no reason to wake up either.
      const bool room = under_way_.size() < static_cast<std::size_t>(window);
      const bool ready = room && socket_->writable();
      const bool for_frames = ready && !ended;
      socket_->wait(std::chrono::milliseconds(for_frames ? 1000 : 100),
                    for_frames ? context.wake_fd() : -1, room && !ready);
    }
    for (const auto& request : under_way_) context.drop(request.source, "no_reply");
    under_way_.clear();
  }

 private:
  struct Request {
    std::string source;
    SteadyTime sent;
  };

  void open() {
    socket_.reset();
    socket_.emplace(zmq::socket_type::dealer, kLargestReply);
    for (const auto& address : bind) socket_->bind(address);
    for (const auto& address : connect) socket_->connect(address);
  }

  bool can_send() {
    return under_way_.size() < static_cast<std::size_t>(window) && socket_->writable();
  }

  void send(LoopContext& context, FramePtr frame) {
    const std::string header = wire::header_of(*frame, run_);
    auto payload = wire::payload_of(frame);
    auto* owner = new std::shared_ptr<const void>(std::move(payload.owner));  // let_go() deletes it
    // ZeroMQ takes a pointer to what it only reads.
    zmq::message_t body(const_cast<std::uint8_t*>(payload.bytes.data()), payload.bytes.size(),
                        let_go, owner);
    auto& socket = socket_->socket();
    const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
    // Once the first part is taken, the others are.
    if (!socket.send(zmq::message_t(), more)) return context.drop(frame->source, "link_down");
    socket.send(zmq::buffer(header), more);
    socket.send(body, zmq::send_flags::dontwait);
    under_way_.push_back({frame->source, context.clock().steady()});
  }

  void take_replies(LoopContext& context) {
    for (;;) {
      std::size_t beyond = 0;
      const auto parts = receive_parts(socket_->socket(), 4, beyond);
      if (parts.empty()) return;
      if (under_way_.empty()) continue;  // a reply to what was given up
      const auto request = std::move(under_way_.front());
      under_way_.pop_front();
      const auto text = parts.back().to_string_view();
      if (text.substr(0, 5) == "ERROR") {
        context.fail(request.source,
                     fmt::format("the hub refused a frame: {}", text.substr(0, 200)));
      } else {
        context.done();
      }
    }
  }

  void drop_under_way(LoopContext& context, std::string_view cause) {
    for (const auto& request : under_way_) context.drop(request.source, cause);
    under_way_.clear();
  }

  void give_up_waiting(LoopContext& context) {
    if (under_way_.empty() || context.clock().steady() - under_way_.front().sent < reply_limit)
      return;
    context.log(LogLevel::warning,
                fmt::format("the hub has acknowledged nothing for {:.1f} s; connecting anew",
                            seconds(reply_limit)));
    drop_under_way(context, "no_reply");
    open();
  }

  void tell_news(LoopContext& context) {
    socket_->read_news([&](VideoSocket::News news, const std::string& address) {
      if (news == VideoSocket::News::refused)
        return context.log(LogLevel::warning, address + " does not speak ZeroMQ");
      const bool up = news == VideoSocket::News::up;
      if (!up) {
        // Replies that came before the end of the connection count.
        take_replies(context);
        drop_under_way(context, "link_lost");
      }
      context.log(LogLevel::info, (up ? "connected to " : "lost ") + address);
      context.raise({up ? "link.up" : "link.down", {}, {{"address", address}}});
    });
  }

  static constexpr std::int64_t kLargestReply = 64 * 1024;

  std::optional<VideoSocket> socket_;
  std::deque<Request> under_way_;
  std::string run_;
};
SLUICE_STAGE(Send, "transport.send");

}  // namespace
}  // namespace sluice
