// Bare libzmq: a video's pictures, held in memory, from PUSH to PULL over loopback, as fast as they
// go. What no transport over ZeroMQ can beat.

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <zmq.hpp>

#include "pictures.hpp"
#include "timing.hpp"

namespace timing {

// VIDEO MESSAGES
int zmq(const Arguments& a) {
  const auto pictures = pictures_of(a[0], 25);
  const int messages = std::stoi(a[1]);
  constexpr int kUnderWay = 4;  // as Sluice's window; many more would only fill the caches
  ::zmq::context_t here(1), there(1);
  ::zmq::socket_t pull(here, ::zmq::socket_type::pull);
  pull.set(::zmq::sockopt::rcvhwm, kUnderWay);
  pull.bind("tcp://127.0.0.1:*");
  const std::string address = pull.get(::zmq::sockopt::last_endpoint);
  std::thread sender([&] {
    ::zmq::socket_t push(there, ::zmq::socket_type::push);
    push.set(::zmq::sockopt::sndhwm, kUnderWay);
    push.connect(address);
    // Not copied, as by a sender that knows what it does.
    for (int i = 0; i <= messages; ++i) {
      const auto& picture = pictures[static_cast<std::size_t>(i) % pictures.size()];
      ::zmq::message_t message(
          picture.data, picture.total() * picture.elemSize(), [](void*, void*) {}, nullptr);
      push.send(message, ::zmq::send_flags::none);
    }
    push.close();
    there.close();  // waits until all has left
  });
  ::zmq::message_t message;
  (void)pull.recv(message);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < messages; ++i) (void)pull.recv(message);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  sender.join();
  fmt::print("{{\"fps\": {:.1f}}}\n", messages / took.count());
  return 0;
}

}  // namespace timing
