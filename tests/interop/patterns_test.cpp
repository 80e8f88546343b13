// Both programs of imagezmq, both patterns, both payloads: real senders and hubs at either end of
// Sluice. What a hub gets is what the sender sent, byte for byte.

#include <algorithm>
#include <csignal>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;

namespace {

constexpr std::size_t kFrames = 40;

enum class Pattern { request, publish };
enum class What { image, jpg };

std::vector<std::string> peer_options(const std::string& address, Pattern pattern, What what) {
  std::vector<std::string> options{address};
  if (pattern == Pattern::publish) options.push_back("--publish");
  if (what == What::jpg) options.push_back("--jpg");
  return options;
}

// As imagezmq has it: a hub of requests is bound and its senders connect; a publisher is bound and
// its hubs connect.
std::string receive_lines(Pattern pattern, const std::string& address) {
  return pattern == Pattern::request ? binds(address)
                                     : "pattern = \"publish\"\n" + connects(address);
}
std::string send_lines(Pattern pattern, const std::string& address) {
  return pattern == Pattern::request ? connects(address)
                                     : "pattern = \"publish\"\n" + binds(address);
}

// Whether all of `got` were sent, in this order, none twice; there may be gaps.
bool follows(const std::vector<std::string>& got, const std::vector<std::string>& sent) {
  auto from = sent.begin();
  for (const auto& sum : got) {
    from = std::find(from, sent.end(), sum);
    if (from == sent.end()) return false;
    ++from;
  }
  return true;
}

// ImageSender to Sluice, Sluice to as many ImageHubs.
void relay(Pattern in, Pattern out, What what, int hubs = 1) {
  const auto left = "tcp://" + free_address();
  const auto right = "tcp://" + free_address();
  const bool all = in == Pattern::request && out == Pattern::request;

  auto sender_call = python("sender.py", peer_options(left, in, what));
  // Who publishes goes on until the hubs have what they want: they may have come late.
  if (all) sender_call.insert(sender_call.end(), {"--count", std::to_string(kFrames)});
  const std::string peer = what == What::jpg ? "imagezmq-jpegs" : "imagezmq-images";
  Running relay(
      relay_graph(receive_lines(in, left), "peer = \"" + peer + "\"\n" + send_lines(out, right)));
  std::vector<std::unique_ptr<Process>> at_hubs;
  for (int i = 0; i < hubs; ++i)
    at_hubs.push_back(std::make_unique<Process>(python("hub.py", peer_options(right, out, what))));
  Process camera(sender_call);
  for (auto& hub : at_hubs) {
    const bool enough = tells(*hub, "sum", kFrames);
    INFO("hub: " << hub->err() << "\nsluice: " << relay.process().err());
    REQUIRE(enough);
  }
  if (!all) camera.signal(SIGTERM);
  CHECK(camera.wait() == (all ? 0 : 128 + SIGTERM));
  const auto stages = relay.end();

  const auto sent = told(camera);
  for (auto& hub : at_hubs) {
    const auto got = told(*hub);
    if (all) CHECK(column(got) == column(sent));
    CHECK(follows(column(got), column(sent)));
    for (const auto& frame : got) CHECK(frame["msg"] == "camera");
    for (const auto& frame : got) CHECK(frame["shape"] == nlohmann::json({48, 64, 3}));
  }
  if (in == Pattern::request)
    for (const auto& reply : column(told(camera, "reply"), "reply")) CHECK(reply == "OK");

  INFO(stages.dump(2));
  CHECK(stages["cameras"]["failed"] == 0);
  CHECK(stages["uplink"]["failed"] == 0);
  if (all) {
    CHECK(stages["cameras"]["out"] == kFrames);
    CHECK(stages["uplink"]["out"] == kFrames);
  }
}

}  // namespace

TEST_CASE("send_image by request to Sluice, Sluice by request to an ImageHub") {
  relay(Pattern::request, Pattern::request, What::image);
}
TEST_CASE("send_jpg by request to Sluice, Sluice by request to an ImageHub") {
  relay(Pattern::request, Pattern::request, What::jpg);
}
TEST_CASE("send_image by request to Sluice, published by Sluice to an ImageHub") {
  relay(Pattern::request, Pattern::publish, What::image);
}
TEST_CASE("send_jpg by request to Sluice, published by Sluice to an ImageHub") {
  relay(Pattern::request, Pattern::publish, What::jpg);
}
TEST_CASE("send_image published to Sluice, Sluice by request to an ImageHub") {
  relay(Pattern::publish, Pattern::request, What::image);
}
TEST_CASE("send_jpg published to Sluice, Sluice by request to an ImageHub") {
  relay(Pattern::publish, Pattern::request, What::jpg);
}
TEST_CASE("send_image published to Sluice, published by Sluice to an ImageHub") {
  relay(Pattern::publish, Pattern::publish, What::image);
}
TEST_CASE("send_jpg published to Sluice, published by Sluice to an ImageHub") {
  relay(Pattern::publish, Pattern::publish, What::jpg);
}
TEST_CASE("one Sluice publisher is read by three ImageHubs") {
  relay(Pattern::request, Pattern::publish, What::image, 3);
}
