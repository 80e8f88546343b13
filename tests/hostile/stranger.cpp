#include "hostile/stranger.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace test {

namespace {

zmq::socket_type type_of(const std::string& pattern) {
  if (pattern == "request") return zmq::socket_type::dealer;
  return pattern == "push" ? zmq::socket_type::push : zmq::socket_type::xpub;
}

}  // namespace

std::string header_of(const std::string& text, const std::string& dtype, const std::string& shape) {
  return fmt::format(R"({{"msg": "{}", "dtype": "{}", "shape": {}}})", text, dtype, shape);
}

Stranger::Stranger(const Way& way, const std::string& endpoint, const Keys* keys,
                   const std::string& device)
    : way_(way), socket_(context_, type_of(way.pattern)) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::sndhwm, 50);
  socket_.set(zmq::sockopt::sndtimeo, 300);
  // A publisher drops what a slow reader has no room for; this one must know.
  if (way.pattern == "publish") socket_.set(zmq::sockopt::xpub_nodrop, true);
  if (keys) {
    socket_.set(zmq::sockopt::curve_serverkey, key_text(keys->of("hub"), "public-key"));
    socket_.set(zmq::sockopt::curve_publickey, key_text(keys->of(device), "public-key"));
    socket_.set(zmq::sockopt::curve_secretkey, key_text(keys->secret_of(device), "secret-key"));
  }
  socket_.connect(endpoint);
  if (way.pattern != "publish") return;
  zmq::message_t subscription;  // before it, whatever is published goes nowhere
  socket_.set(zmq::sockopt::rcvtimeo, 20'000);
  if (!socket_.recv(subscription)) throw std::runtime_error("the hub does not subscribe");
}

bool Stranger::send(const Parts& parts) {
  if (!answered()) return send_bare(parts);
  Parts request{""};
  request.insert(request.end(), parts.begin(), parts.end());
  return send_bare(request);
}

bool Stranger::send_bare(const Parts& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto more = i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
    if (!socket_.send(zmq::buffer(parts[i]), more))
      return false;  // only the first may have to wait
  }
  return true;
}

std::optional<std::string> Stranger::reply(std::chrono::milliseconds limit) {
  if (!answered()) return {};
  socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(limit.count()));
  zmq::message_t part;
  do {
    if (!socket_.recv(part)) return {};
  } while (part.more());
  return part.to_string();
}

int Stranger::replies() {
  int read = 0;
  while (reply(std::chrono::milliseconds(0))) ++read;
  return read;
}

std::string Stranger::ask(const Parts& parts) {
  if (!send(parts)) return "(not sent)";
  return answered() ? reply().value_or("(no reply)") : std::string();
}

}  // namespace test
