#include "transport/zap_handler.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <new>
#include <system_error>
#include <utility>

namespace sluice {
namespace {

constexpr const char* kAddress = "inproc://zeromq.zap.01";
constexpr std::size_t kMostRefusals = 64;
constexpr const char* kUnknown = "something unknown went wrong";
constexpr std::size_t kMostParts = 16;  // more than any request has

// What is asked for may be anything that somebody in this process sends there.
std::vector<zmq::message_t> receive_all(zmq::socket_t& socket) {
  std::vector<zmq::message_t> parts;
  for (bool more = true; more;) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) return {};
    more = part.more();
    if (parts.size() < kMostParts) parts.push_back(std::move(part));
  }
  return parts;
}

int new_eventfd() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

ZapHandler::ZapHandler(zmq::context_t& context, AllowedKeys& allowed)
    : allowed_(allowed), socket_(context, zmq::socket_type::rep), wake_(new_eventfd()) {
  try {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.bind(kAddress);
    thread_ = std::thread(&ZapHandler::run, this);
  } catch (...) {
    close(wake_);
    throw;
  }
}

ZapHandler::~ZapHandler() {
  const std::uint64_t one = 1;
  if (write(wake_, &one, sizeof one) != sizeof one) std::abort();  // an eventfd takes a one
  thread_.join();
  // Closing alone gives the address up some time later. It fails where the context has ended, and
  // the address with it.
  zmq_unbind(socket_.handle(), kAddress);
  close(wake_);
}

void ZapHandler::run() {
  std::array<zmq::pollitem_t, 2> items{
      {{socket_.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, wake_, ZMQ_POLLIN, 0}}};
  // Without this thread nobody gets in any more, so it goes on whatever happens.
  for (;;) {
    try {
      zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
      if (items[1].revents != 0) return;
      if (items[0].revents != 0) answer_one();
    } catch (const zmq::error_t& e) {
      if (e.num() == ETERM) return;  // the context ends, and all its sockets with it
      if (e.num() != EINTR) failed(e.what());
    } catch (const std::exception& e) {
      failed(e.what());
    } catch (...) {
      failed(kUnknown);
    }
  }
}

// What fails once may fail each time: it is not tried again at once.
void ZapHandler::failed(const char* why) noexcept {
  try {
    note({{}, fmt::format("it could not be asked about: {}", why)});
  } catch (const std::bad_alloc&) {
    // There is no memory to tell so.
  }
  pollfd wake{wake_, POLLIN, 0};
  poll(&wake, 1, 100);
}

void ZapHandler::note(zap::Refused refused) {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (refused_.size() == kMostRefusals) refused_.pop_front();
  refused_.push_back(std::move(refused));
}

void ZapHandler::answer_one() {
  const auto parts = receive_all(socket_);
  if (parts.empty()) return;
  std::vector<std::string_view> views;
  for (const auto& part : parts) views.push_back(part.to_string_view());
  const auto failure = [&](const char* why) {
    return zap::failure(views.size() > 1 ? std::string(views[1]) : std::string(), why);
  };
  zap::Answer answer;
  try {
    answer = zap::answer(views, [this](std::string_view key) { return allowed_.device_of(key); });
  } catch (const std::exception& e) {
    // Without an answer the peer would hang; it may come again.
    answer = failure(e.what());
  } catch (...) {
    answer = failure(kUnknown);
  }
  // Noted first: who sees the peer turned away finds it here.
  if (answer.refused) note(std::move(*answer.refused));
  for (std::size_t i = 0; i < answer.parts.size(); ++i) {
    const bool more = i + 1 < answer.parts.size();
    socket_.send(
        zmq::buffer(answer.parts[i]),
        more ? zmq::send_flags::sndmore | zmq::send_flags::dontwait : zmq::send_flags::dontwait);
  }
}

ZapHandler::Refusals ZapHandler::take_refused() {
  const std::lock_guard lock(mutex_);
  Refusals refusals{
      {std::make_move_iterator(refused_.begin()), std::make_move_iterator(refused_.end())},
      std::exchange(count_, 0)};
  refused_.clear();
  return refusals;
}

}  // namespace sluice
