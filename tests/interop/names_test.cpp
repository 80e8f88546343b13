// Names and texts as old senders write them.

#include <map>
#include <set>

#include "catch.hpp"
#include "interop/peers.hpp"
#include "sluice/media/frame.hpp"

using namespace test;

TEST_CASE("a msg in any language or of any type names a source, each one its own") {
  const auto in = "tcp://" + free_address();
  const auto out = "tcp://" + free_address();
  const std::vector<std::string> texts{
      R"("rpi1")",  R"("Küche")", R"("Kuche")",     R"("カメラ")",    R"("カメロ")",
      R"("📷 Tür")", R"("📹 Tür")", R"("back door")", R"("../../etc")", R"({"name": "x"})",
      R"([1, 2])",  "7",          "null",           "true",           "-1.5",
  };
  std::vector<std::string> call{in, "--count", std::to_string(2 * texts.size()), "--msg"};
  call.insert(call.end(), texts.begin(), texts.end());
  Running relay(relay_graph(binds(in), connects(out)));
  Process hub(python("hub.py", {out}));
  Process camera(python("sender.py", call));
  REQUIRE(camera.wait() == 0);
  const auto sent = told(camera);
  REQUIRE(tells(hub, "sum", sent.size()));
  const auto cameras = relay.end()["cameras"];
  const auto got = told(hub);
  REQUIRE(got.size() == sent.size());
  std::map<std::string, std::string> name_of;  // by what was sent
  std::set<std::string> names;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    INFO(sent[i].dump() << " became " << got[i].dump());
    CHECK(got[i]["sum"] == sent[i]["sum"]);
    const std::string name = got[i]["msg"];
    CHECK(sluice::valid_source(name));
    CHECK(name_of.try_emplace(sent[i]["msg"].dump(), name).first->second == name);
    names.insert(name);
  }
  CHECK(names.size() == texts.size());
  CHECK(name_of[R"("rpi1")"] == "rpi1");
  CHECK(name_of[R"("back door")"] == "back-door");
  CHECK(name_of["7"] == "7");
  CHECK(name_of["null"] == "null");
  std::set<std::string> reported;
  for (const auto& [name, source] : cameras["sources"].items()) {
    CHECK(source["in"] == 2);
    reported.insert(name);
  }
  CHECK(reported == names);
}

TEST_CASE("a msg that names nothing is refused, and its sender goes on") {
  const auto in = "tcp://" + free_address();
  Running hub(hub_graph(binds(in)));
  Process camera(
      python("sender.py", {in, "--count", "4", "--msg", R"("")", R"("rpi1")", R"("  |x")"}));
  REQUIRE(camera.wait() == 0);
  const auto cameras = hub.end()["cameras"];
  const auto replies = column(told(camera, "reply"), "reply");
  CHECK(replies[0].rfind("ERROR ", 0) == 0);
  CHECK(replies[1] == "OK");
  CHECK(replies[2].rfind("ERROR ", 0) == 0);
  CHECK(replies[3].rfind("ERROR ", 0) == 0);
  CHECK(cameras["out"] == 1);
  CHECK(cameras["failed"] == 3);
}
