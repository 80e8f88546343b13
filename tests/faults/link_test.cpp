// What a network does to a connection between a node and its hub.

#include <thread>

#include "capture/scene.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "faults/proxy.hpp"
#include "probe.hpp"
#include "running.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

// node -> proxy -> hub -> probe. Of each picture that the hub took it is known what it must show.
struct Chain {
  static constexpr int kWidth = 320, kHeight = 240;
  static constexpr std::size_t kPicture = kWidth * kHeight;

  explicit Chain(int rate)
      : scene({kWidth, kHeight, sluice::Kind::gray8, 3, 1, static_cast<double>(rate), 5s, 3s}),
        probe([this](const Seen& seen, std::span<const std::uint8_t> picture) {
          const auto truth = scene.frame(seen.sequence);
          const auto& mat = truth.image.plane(0);
          return picture.size() == kPicture && mat.isContinuous() &&
                 std::equal(picture.begin(), picture.end(), mat.data);
        }),
        hub(hub_graph(address, probe.address())),
        proxy(address),
        node(ready(node_graph(
            "porch", proxy.address(),
            fmt::format("width = {}\nheight = {}\nrate = {}", kWidth, kHeight, rate)))) {}

  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  // Ends both, and checks that every frame that came is what was sent, none twice or late, and that
  // what did not come was counted. Returns that as text.
  std::string all_whole() {
    const auto sent = node.report();
    const auto seen = probe.seen("porch");
    for (std::size_t i = 0; i < seen.size(); ++i) {
      INFO("frame " << seen[i].sequence);
      CHECK(seen[i].whole);
      if (i > 0) CHECK(seen[i].sequence > seen[i - 1].sequence);
    }
    CHECK(seen.size() == probe.count());  // and no other source came of them
    return same_books(sent, hub.report(), seen.at(0).sequence);
  }

  // The hub passes on the first frame too if it is ready before the node starts.
  std::string ready(std::string graph) {
    REQUIRE(hub.wait_for("link.up", 0));
    return graph;
  }

  const sluice::capture::Scene scene;
  const std::string address = free_address();
  Probe probe;
  Running hub;
  Proxy proxy;
  Running node;
};

}  // namespace

TEST_CASE("resets in mid-frame: no torn frame is delivered, and the next connection goes on") {
  Chain chain(20);
  // Each connection ends in the midst of its fourth picture.
  chain.proxy.reset_after(3 * Chain::kPicture + Chain::kPicture / 2);
  chain.proxy.reset();
  const auto had = chain.proxy.accepted();
  constexpr std::uint64_t kTimes = 6;
  REQUIRE(eventually([&] { return chain.proxy.accepted() >= had + kTimes; }));
  chain.proxy.reset_after(0);
  chain.proxy.reset();
  REQUIRE(chain.probe.flows("porch"));
  const auto books = chain.all_whole();
  row("reset in mid-frame, {} times: none torn, none twice, {}", kTimes, books);
}

TEST_CASE("every message sliced and delayed: no torn frame is delivered, and no link is lost") {
  Chain chain(20);
  REQUIRE(chain.probe.flows("porch", 1));
  const double start = utc_s();
  chain.proxy.slice(500);
  chain.proxy.delay(100ms);
  REQUIRE(chain.probe.flows("porch", 60));
  CHECK_FALSE(chain.node.wait_for("link.down", start, nullptr, 0s));
  const auto books = chain.all_whole();
  row("sliced to 500 bytes and delayed by 100 ms each way: none torn, no link lost, {}", books);
}

TEST_CASE("bytes are corrupted: the hub lives on and is well again when they are not") {
  Chain chain(20);
  REQUIRE(chain.probe.flows("porch", 1));
  // Without keys nobody can tell a changed picture; but where messages begin and end is lost too.
  chain.proxy.corrupt(Proxy::up, 997);
  REQUIRE(eventually([&] { return chain.proxy.bytes(Proxy::up) > 20 * Chain::kPicture; }));
  chain.proxy.corrupt(Proxy::up, 0);
  chain.proxy.reset();
  const double calm = utc_s();
  REQUIRE(chain.probe.flows("porch"));
  row("every 997th byte corrupted: the hub lived on; frames again {:.2f} s after the last",
      chain.probe.seen().back().arrived_s - calm);
  CHECK(chain.hub.report()["stages"]["cameras"]["restarts"] == 0);
}

TEST_CASE("one direction stalls: found by the heartbeat, and reconnected") {
  for (const auto way : {Proxy::up, Proxy::down}) {
    const char* name = way == Proxy::up ? "to the hub" : "to the node";
    INFO(name);
    Chain chain(20);
    REQUIRE(chain.probe.flows("porch"));
    const double stalled = utc_s();
    chain.proxy.stall(way, true);
    const auto down = chain.node.wait_for("link.down", stalled);
    REQUIRE(down);
    const double found = (*down)["time_s"].get<double>() - stalled;
    CHECK(found < 5);
    const auto had = chain.probe.count("porch");
    const double calm = utc_s();
    chain.proxy.stall(way, false);
    const auto next = chain.probe.wait_for("porch", had, [&](const Seen& s) {
      return s.arrived_s - s.age_s > calm;  // not what had been on its way
    });
    REQUIRE(next);
    CHECK(next->arrived_s - calm < 10);
    const auto books = chain.all_whole();
    row("the way {} stalls: found after {:.2f} s, frames again {:.2f} s after its end, {}", name,
        found, next->arrived_s - calm, books);
  }
}

TEST_CASE("one way is closed and the other is not: reconnected") {
  for (const auto way : {Proxy::up, Proxy::down}) {
    Chain chain(20);
    REQUIRE(chain.probe.flows("porch"));
    const double closed = utc_s();
    chain.proxy.half_close(way);
    const auto down = chain.node.wait_for("link.down", closed);
    REQUIRE(down);
    REQUIRE(chain.probe.flows("porch"));
    const auto books = chain.all_whole();
    row("the way {} is closed: found after {:.2f} s, {}",
        way == Proxy::up ? "to the hub" : "to the node",
        std::max(0.0, (*down)["time_s"].get<double>() - closed), books);
  }
}

TEST_CASE("a tenth of the needed bandwidth: the newest is kept, and its age is bounded") {
  constexpr int kRate = 20;
  Chain chain(kRate);
  REQUIRE(chain.probe.flows("porch"));
  chain.proxy.limit(Chain::kPicture * kRate / 10);
  const double start = utc_s();
  const auto had = chain.probe.count("porch");
  REQUIRE(
      chain.probe.wait_for("porch", had, [&](const Seen& s) { return s.arrived_s > start + 15; }));
  const auto seen = chain.probe.seen("porch");
  std::vector<double> ages;
  for (auto i = had; i < seen.size(); ++i) ages.push_back(seen[i].age_s);
  std::sort(ages.begin(), ages.end());
  const double p99 = ages[ages.size() * 99 / 100];
  CHECK_FALSE(chain.node.wait_for("link.down", start, nullptr, 0s));
  chain.proxy.limit(0);  // so that what is under way is answered before the end
  const auto books = chain.all_whole();
  row("a tenth of the bandwidth for 15 s: {} frames, age p50 {:.2f} s, p99 {:.2f} s, {}",
      ages.size(), ages[ages.size() / 2], p99, books);
  // A picture takes half a second to pass. The first four were under way at once.
  CHECK(p99 < 3);
  CHECK(ages[ages.size() / 2] < 2);
}

TEST_CASE("the link flaps once a second: no storm of connections, and it recovers from it") {
  Chain chain(20);
  REQUIRE(chain.probe.flows("porch"));
  const auto had = chain.proxy.accepted();
  constexpr int kSeconds = 20;
  const double start = utc_s();
  // Half of each second it works; in the other half whoever comes is thrown out.
  for (int half = 0; half < 2 * kSeconds; ++half) {
    chain.proxy.door(half % 2 == 0 ? Proxy::Door::slams : Proxy::Door::open);
    if (half % 2 == 0) chain.proxy.reset();
    while (utc_s() < start + 0.5 * (half + 1)) std::this_thread::sleep_for(5ms);
  }
  const auto tries = chain.proxy.accepted() - had;
  const double calm = utc_s();
  REQUIRE(chain.probe.flows("porch", 1));
  const double back = chain.probe.seen("porch").back().arrived_s - calm;
  REQUIRE(chain.probe.flows("porch"));
  const auto books = chain.all_whole();
  row("flapping for {} s: {} connections, frames again {:.2f} s after its end, {}", kSeconds, tries,
      back, books);
  // Every 100 ms would be 5 in each bad half, and one that is thrown out in the next second.
  CHECK(tries < 2 * kSeconds);
  CHECK(back < 8);  // 4.5 s, and what a noisy machine adds
}
