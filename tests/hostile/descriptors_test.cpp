// Who opens connections and says nothing, at a hub that may open few descriptors.

#include <fcntl.h>

#include <atomic>
#include <list>
#include <thread>

#include "catch.hpp"
#include "hostile/shipped.hpp"
#include "skip.hpp"
#include "tcp.hpp"

using namespace test;
using namespace std::chrono_literals;

TEST_CASE("connections that say nothing leave a hub its frames, its page and room for others") {
#ifdef __SANITIZE_ADDRESS__
  test::skip("the sanitizer itself needs a descriptor to look at an object");
#endif
  // A hub with one more stage, whose own hub is down: it tries to connect again and again.
  ShippedHub hub({"request", "tcp", true},
                 fmt::format("[stage.further]\ntype = \"transport.send\"\nfrom = \"cameras\"\n"
                             "connect = \"tcp://{}\"\n",
                             free_address()),
                 {"/usr/bin/prlimit", "-n256:256"});
  std::atomic<bool> over{false};
  std::thread strangers([&] {
    std::list<Tcp> held;
    while (!over) {
      try {
        while (held.size() < 400 && !over) held.emplace_back(hub.address());
      } catch (const std::system_error&) {  // no room in the listener's own queue: later
      }
      held.remove_if([](Tcp& one) { return one.end(0ms) != Tcp::End::none; });
      std::this_thread::sleep_for(5ms);
    }
  });
  struct Join {
    std::atomic<bool>& over;
    std::thread& thread;
    ~Join() { over = true, thread.join(); }
  } join{over, strangers};
  // Eight seconds of it: five restarts of a stage that fails for want of descriptors take five.
  hub.camera_goes_on(160);
  // A device that comes now gets in.
  CHECK(hub.stranger().ask({header_of("eve", "uint8", "[2, 2]"), "abcd"}).substr(0, 2) == "OK");
  over = true;
  const auto report = hub.end();
  CHECK(report["stages"]["further"]["restarts"] == 0);
}
