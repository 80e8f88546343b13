// transport.receive: frames from Sluice and imagezmq senders.
//
// A ROUTER, so that no sender waits for another: each request is answered by itself, with
// everything up to the empty part sent back before the reply. A Sluice sender's reply also tells
// when the request came and when the reply left, by this machine's clock.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sluice/stage.hpp>
#include <unordered_map>

#include "transport/endpoint.hpp"
#include "transport/endpoint_check.hpp"
#include "transport/socket.hpp"
#include "transport/wire.hpp"

namespace sluice {
namespace {

struct Receive : LoopStage {
  static void declare(Declare<Receive>& d) {
    d.summary("Takes frames from Sluice and imagezmq senders");
    d.manual(
        "Senders are told apart by the name they send; an old sender's text up to the first '|' "
        "is\n"
        "its name. A message that is no frame counts as failed and is answered; nobody else\n"
        "notices. With `block` mailboxes behind it, senders are made to wait by the late reply.");
    d.output(kinds::frames);
    d.listens();
    d.param("bind", &Receive::bind,
            "address or addresses to listen on, such as tcp://127.0.0.1:5555");
    d.param("connect", &Receive::connect, "or, instead, senders to connect to");
    d.param("security", &Receive::security,
            "\"none\" lets anybody who can reach the address send; needed beyond loopback")
        .choices({"", "none"});
    d.param("max_message", &Receive::max_message, "larger messages cut their sender's connection")
        .range(ByteSize{1024}, ByteSize{std::int64_t{1} << 30});
    d.param("max_sources", &Receive::max_sources, "further sources are dropped").range(1, 1024);
    d.raises({"link.up", "link.down"});
    d.check([](const Receive& s, ParamProblems& problems) {
      check_endpoints(s.bind, s.connect, s.security, problems);
    });
    d.example(R"(
[stage.cameras]
type = "transport.receive"
bind = "tcp://127.0.0.1:5555"

[stage.end]
type = "sink.discard"
from = "cameras"
)");
  }

  std::vector<std::string> bind;
  std::vector<std::string> connect;
  std::string security;
  ByteSize max_message{64 << 20};
  int max_sources = 256;

  void start(Context& context) override {
    if (bind.empty() && connect.empty())
      throw std::runtime_error("give bind or connect, such as bind = \"tcp://127.0.0.1:5555\"");
    socket_.emplace(zmq::socket_type::router, max_message.bytes);
    for (const auto& address : bind) {
      const auto endpoint = bind_endpoint(address);
      if (!endpoint.local && security.empty())
        throw std::runtime_error(
            fmt::format("{} can be reached by other machines: write security = \"none\" to let in "
                        "anybody who can reach it, or listen on tcp://127.0.0.1 only",
                        address));
      socket_->bind(endpoint.address);
      context.log(LogLevel::info, "listening on " + socket_->bound());
    }
    for (const auto& address : connect) socket_->connect(connect_endpoint(address).address);
  }

  void run(LoopContext& context) override {
    while (!context.stopping()) {
      socket_->wait(std::chrono::seconds(1), context.wake_fd(), false);
      tell_news(context);
      while (!context.stopping() && receive_one(context)) {
      }
    }
    // What has already arrived is still answered, so that its senders don't wait in vain.
    for (int i = 0; i < 100 && receive_one(context); ++i) {
    }
  }

 private:
  bool receive_one(LoopContext& context) {
    constexpr std::size_t kMostParts = 8;
    std::size_t beyond = 0;
    auto parts = receive_parts(socket_->socket(), kMostParts, beyond);
    if (parts.empty()) return false;
    const UtcTime arrived = context.clock().utc();
    // The envelope ends with the first empty part; a REQ_CORRELATE peer has one part more before
    // it.
    std::size_t envelope = 1;
    while (envelope < parts.size() && envelope <= 3 && parts[envelope].size() != 0) ++envelope;
    if (envelope >= parts.size() || parts[envelope].size() != 0) {
      context.fail({}, "a message without the empty part that begins a request");
      return true;
    }
    ++envelope;
    std::string reply;
    try {
      const std::size_t count = parts.size() - envelope + beyond;
      if (count != 2)
        throw wire::BadMessage(fmt::format("a message of {} parts instead of 2", count));
      reply = take(context, parts[envelope], std::move(parts[envelope + 1]), arrived);
    } catch (const wire::BadMessage& e) {
      context.fail({}, e.what());
      reply = fmt::format("ERROR {}", e.what());
    }
    for (std::size_t i = 0; i < envelope; ++i)
      if (!socket_->socket().send(parts[i], zmq::send_flags::sndmore | zmq::send_flags::dontwait))
        return true;  // the peer is gone or doesn't read; its frame has been taken all the same
    socket_->socket().send(zmq::buffer(reply), zmq::send_flags::dontwait);
    return true;
  }

  std::string take(LoopContext& context, const zmq::message_t& header, zmq::message_t payload,
                   UtcTime arrived) {
    // The frame keeps ZeroMQ's own memory: no copy of the picture is made.
    const auto message = std::make_shared<zmq::message_t>(std::move(payload));
    const std::span bytes(message->data<const std::uint8_t>(), message->size());
    auto incoming = wire::frame_of(header.to_string_view(), bytes, message, arrived);
    const std::string source = incoming.frame->source;
    const std::uint64_t sequence = incoming.frame->sequence;
    auto known = sources_.find(source);
    if (known == sources_.end()) {
      if (sources_.size() >= static_cast<std::size_t>(max_sources)) {
        context.drop({}, "too_many_sources");
        return "OK";
      }
      known = sources_.try_emplace(source).first;
      context.log(LogLevel::info, fmt::format("'{}' sends", source));
    }
    if (!incoming.from_sluice) {
      auto numbered = std::make_shared<Frame>(*incoming.frame);
      numbered->sequence = known->second++;
      incoming.frame = std::move(numbered);
    }
    context.emit(std::move(incoming.frame));
    if (!incoming.from_sluice) return "OK";
    const nlohmann::json times{{"seq", sequence},
                               {"received", arrived.time_since_epoch().count()},
                               {"sent", context.clock().utc().time_since_epoch().count()}};
    return "OK " + times.dump();
  }

  void tell_news(LoopContext& context) {
    socket_->read_news([&](VideoSocket::News news, const std::string& address) {
      if (news == VideoSocket::News::refused) {
        context.log(LogLevel::warning, "a peer that doesn't speak ZeroMQ was turned away");
        return;
      }
      const bool up = news == VideoSocket::News::up;
      context.raise({up ? "link.up" : "link.down", {}, {{"address", address}}});
    });
  }

  std::optional<VideoSocket> socket_;
  // The number that the next frame of each source gets, where its sender sends none.
  std::unordered_map<std::string, std::uint64_t> sources_;
};
SLUICE_STAGE(Receive, "transport.receive");

}  // namespace
}  // namespace sluice
