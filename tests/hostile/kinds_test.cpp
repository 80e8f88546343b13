// Stages right behind what a stranger sends: each sees the kinds that its port declares, and
// nothing else.

#include "catch.hpp"
#include "hostile/pictures.hpp"
#include "hostile/shipped.hpp"
#include "plugins.hpp"

using namespace test;

TEST_CASE("stages behind a receiver never see what their ports don't take") {
  const PluginFolder plugins;
  const auto bare = free_address();
  ShippedHub hub({},
                 fmt::format(R"(
[stage.bare]
type   = "display.web"
from   = "cameras"
listen = "{}"
[stage.invert]
type = "trusting.invert"
from = "cameras"
[stage.turned]
type = "image.flip"
from = "cameras"
[stage.end]
type = "sink.discard"
from = ["invert", "turned"]
)",
                             bare),
                 {}, fmt::format("plugins = [\"{}\"]\n", plugins.add("trusting")));
  const auto port = static_cast<std::uint16_t>(std::stoi(bare.substr(bare.find(':') + 1)));
  auto stranger = hub.stranger();
  const auto sends = [&](const std::string& dtype, const std::string& shape, std::size_t size) {
    for (const char* name : {"one", "many"}) {
      stranger.ask({header_of(name, dtype, shape), std::string(size, '\x7f')});
      stranger.ask({R"({"msg": "many"})", flat_jpeg(64, 48)});
      sluice::testkit::http_get(port, fmt::format("/snapshot/{}.jpg", name));
    }
  };
  sends("int8", "[1, 6000]", 6000);
  sends("int8", "[1, 60000]", 60'000);
  sends("uint8", "[60000]", 60'000);
  sends("float64", "[3, 3]", 72);
  sends("uint16", "[480, 640]", 614'400);
  sends("uint8", "[2, 3, 5, 7]", 210);
  sends("uint8", "[48, 64]", 3072);
  hub.camera_goes_on();
  const auto report = hub.process().report();
  const auto& stages = report["stages"];
  for (const char* stage : {"bare", "invert", "turned"}) {
    INFO(stage << ": " << stages[stage].dump());
    CHECK(stages[stage]["restarts"] == 0);
    CHECK(stages[stage]["sources"]["one"]["in"] == 7);
    CHECK(stages[stage]["sources"]["one"]["failed"] >= (std::string(stage) == "bare" ? 6 : 5));
  }
  // The pictures of JPEGs are of no kind that inverting takes; all pixels are.
  const auto& porch = stages["invert"]["sources"]["porch"];
  std::uint64_t not_taken = porch["failed"];
  for (const auto& [cause, n] : porch["dropped"].items()) not_taken += n.get<std::uint64_t>();
  CHECK(porch["failed"] > 0);
  CHECK(not_taken == porch["in"]);
}

TEST_CASE("a stranger that reads no replies, before a stage that makes senders wait") {
  ShippedHub hub({}, R"(
[stage.unpack]
type    = "decode.jpeg"
from    = "cameras"
mailbox = { when_full = "block" }
[stage.enlarge]
type    = "image.resize"
from    = "unpack"
scale   = 2.0
mailbox = { when_full = "block" }
[stage.end]
type    = "sink.discard"
from    = "enlarge"
)");
  {
    auto stranger = hub.stranger();
    const Parts large{header_of("deaf", "uint8", "[1200, 2000, 3]"),
                      std::string(1200 * 2000 * 3, 'x')};
    for (int i = 0; i < 300 && stranger.send(large); ++i) {
    }
    hub.camera_goes_on();
  }
  hub.end();
}
