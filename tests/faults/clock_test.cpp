// A node whose clock jumps. libfaketime stands between it and the clock.

#include "clock.hpp"

#include <filesystem>

#include "catch.hpp"
#include "probe.hpp"
#include "running.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

// What a process's clock is off by, changed in one step: a half-written file would be no number.
class Offset {
 public:
  explicit Offset(const std::string& hours) { set(hours); }
  void set(const std::string& hours) const {
    const auto next = folder_.write("next", fmt::format("{}\n", hours));
    std::filesystem::rename(next, file());
  }
  std::string file() const { return (folder_.path() / "offset").string(); }

 private:
  Folder folder_;
};

}  // namespace

TEST_CASE("a node's clock jumps by an hour either way: no false alarm, and ages are right again") {
  const Offset offset("+0h");
  auto fake_time = with_fake_time("FAKETIME_TIMESTAMP_FILE=" + offset.file());
  fake_time.emplace_back("FAKETIME_NO_CACHE=1");
  const auto address = free_address();
  const Probe probe;
  Running hub(hub_graph(address, probe.address()));
  REQUIRE(hub.says("listening on"));
  Running node(node_graph("porch", address), fake_time);
  REQUIRE(probe.flows("porch", 40));
  const double start = utc_s();
  for (const char* to : {"+1h", "+0h", "-1h"}) {
    INFO("to " << to);
    auto had = probe.count("porch");
    const double jumped = utc_s();
    offset.set(to);
    // Right: within a second of the truth, and staying so.
    constexpr double kRight = 1.0;
    REQUIRE(probe.wait_for("porch", had, [&](const Seen& s) { return s.arrived_s > jumped + 5; }));
    const auto seen = probe.seen("porch");
    double last_wrong = jumped, most_wrong = 0;
    std::size_t wrong = 0;
    for (; had < seen.size(); ++had)
      if (std::abs(seen[had].age_s) > kRight) {
        ++wrong;
        last_wrong = seen[had].arrived_s;
        most_wrong = std::max(most_wrong, std::abs(seen[had].age_s));
      }
    row("the node's clock jumps to {}: {} frames with a wrong age (by {:.0f} s at most), right "
        "again "
        "after {:.2f} s",
        to, wrong, most_wrong, last_wrong - jumped);
    CHECK(last_wrong - jumped < 4.5);
  }
  for (const auto& event : hub.events()) {
    INFO(event.dump());
    CHECK((event["time_s"] < start || event["event"] == "node.reading"));
  }
  CHECK_FALSE(node.wait_for("link.down", start, nullptr, 0s));
  const auto sent = node.report();
  const auto taken = hub.report();
  const auto books = same_books(sent, taken, probe.seen().at(0).sequence);
  // It did jump, and both know by how much.
  const double of_node = sent["stages"]["uplink"]["figures"]["clock_offset_ms"]["tcp://" + address];
  const double of_hub = taken["stages"]["cameras"]["figures"]["clock_offset_ms"]["porch"];
  CHECK(std::abs(of_node - 3'600'000) < 1000);
  CHECK(std::abs(of_hub - 3'600'000) < 1000);
  // The hub has thrown away no frame as a repeated or an old one.
  CHECK(taken["stages"]["cameras"]["dropped"].empty());
  row("the node's clock jumps three times: no link lost, no false event, {} ({})", books,
      sent["stages"]["uplink"]["dropped"].dump());
}
