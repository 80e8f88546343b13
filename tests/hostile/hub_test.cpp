// Strangers at the shipped hub, with a true camera beside them: each attack over each way that
// frames can come.

#include <cstdlib>

#include "catch.hpp"
#include "hostile/attacks.hpp"

using namespace test;

namespace {

// SLUICE_ATTACK: only those with this in their name, to try one by itself.
bool chosen(const Attack& attack) {
  const char* wanted = std::getenv("SLUICE_ATTACK");
  return !wanted || std::string(attack.name).find(wanted) != std::string::npos;
}

void attack_by(const Way& way) {
  CAPTURE(way);
  ShippedHub hub(way);
  const auto each = [&](const std::vector<Attack>& attacks) {
    for (const auto& attack : attacks) {
      if (!chosen(attack)) continue;
      INFO(attack.name);
      attack.run(hub);
      hub.camera_goes_on();
    }
  };
  each(attacks_by_message());
  if (way.transport == "tcp") each(attacks_by_connection());
  const auto report = hub.end();
  const auto& porch = report["stages"]["cameras"]["sources"]["porch"];
  row("strangers, {} over {}{}: {} of the true camera's frames, {} missing; at most {:.0f} MiB",
      way.pattern, way.transport, way.keys ? " with keys" : "", porch["in"].dump(),
      porch["missing"].dump(), report["max_rss_bytes"].get<double>() / 1048576);
}

}  // namespace

TEST_CASE("strangers at a hub: request over tcp") { attack_by({"request", "tcp"}); }
TEST_CASE("strangers at a hub: request over ipc") { attack_by({"request", "ipc"}); }
TEST_CASE("strangers at a hub: push over tcp") { attack_by({"push", "tcp"}); }
TEST_CASE("strangers at a hub: publish over tcp") { attack_by({"publish", "tcp"}); }
TEST_CASE("strangers at a hub: an allowed device, request over tcp") {
  attack_by({"request", "tcp", true});
}
TEST_CASE("strangers at a hub: an allowed device, publish over ipc") {
  attack_by({"publish", "ipc", true});
}
