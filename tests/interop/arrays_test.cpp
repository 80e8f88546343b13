// Arrays of every type and shape keep their numbers on the way through Sluice.

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;
using nlohmann::json;

namespace {

// What Sluice makes of a type: it sends in this machine's byte order, and truths as bytes.
std::string forwarded_type(const std::string& dtype) {
  if (dtype == "bool") return "uint8";
  if (dtype == ">u2") return "uint16";
  if (dtype == ">i4") return "int32";
  if (dtype == ">f4") return "float32";
  if (dtype == ">f8") return "float64";
  return dtype;
}

// And of a shape: one channel needs no dimension, one dimension is one row.
json forwarded_shape(const json& shape) {
  if (shape.size() == 1) return {1, shape[0]};
  if (shape.size() == 3 && shape[2] == 1) return {shape[0], shape[1]};
  return shape;
}

}  // namespace

TEST_CASE("arrays of every type and shape arrive with all of their numbers") {
  const auto in = "tcp://" + free_address();
  const auto out = "tcp://" + free_address();
  Running relay(relay_graph(binds(in), connects(out)));
  Process hub(python("hub.py", {out}));
  Process camera(python("arrays.py", {in}));
  REQUIRE(camera.wait() == 0);
  const auto sent = told(camera);
  REQUIRE(sent.size() > 20);
  REQUIRE(tells(hub, "sum", sent.size()));
  const auto got = told(hub);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    INFO(sent[i].dump());
    CHECK(sent[i]["reply"] == "OK");
    CHECK(got[i]["sum"] == sent[i]["sum"]);
    CHECK(got[i]["dtype"] == forwarded_type(sent[i]["dtype"]));
    CHECK(got[i]["shape"] == forwarded_shape(sent[i]["shape"]));
  }
  CHECK(relay.end()["uplink"]["out"] == sent.size());
}

TEST_CASE("an array that can't be taken is refused, and its sender goes on") {
  const auto in = "tcp://" + free_address();
  Running hub(hub_graph(binds(in)));
  Process camera(python("arrays.py", {in, "--untakable"}));
  REQUIRE(camera.wait() == 0);
  const auto cameras = hub.end()["cameras"];
  const auto sent = told(camera);
  REQUIRE(sent.size() > 3);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    INFO(sent[i].dump());
    const std::string reply = sent[i]["reply"];
    if (i + 1 < sent.size()) {
      CHECK(reply.rfind("ERROR ", 0) == 0);
    } else {
      CHECK(reply == "OK");
    }
  }
  CHECK(cameras["failed"] == sent.size() - 1);
  CHECK(cameras["out"] == 1);
}
