// sluice stages TYPE --devices: what is attached to this machine, whatever that is.

#include <nlohmann/json.hpp>
#include <sluice/graph/stage_type.hpp>

#include "catch.hpp"
#include "process.hpp"

namespace {

using test::Process;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the devices of a type are listed, where there are none that is said") {
  int types = 0;
  for (const auto* declared : sluice::StageTypes::all().sorted()) {
    if (!declared->devices) continue;
    ++types;
    const auto& type = declared->name;
    Process list(test::sluice({"stages", type, "--devices"}));
    INFO(list.err());
    REQUIRE(list.wait() == 0);
    CHECK_FALSE(list.out().empty());

    Process json(test::sluice({"stages", type, "--devices", "--json"}));
    REQUIRE(json.wait() == 0);
    const auto devices = nlohmann::json::parse(json.out());
    REQUIRE(devices.is_array());
    CHECK(devices.empty() == has(list.out(), "finds no device"));
    for (const auto& device : devices) {
      CHECK(has(list.out(), device["id"].get<std::string>()));
      CHECK(device["modes"].is_array());
      CHECK(device["controls"].is_array());
    }
  }
  CHECK(types >= 1);
}

TEST_CASE("a type that opens no devices says which do") {
  Process list(test::sluice({"stages", "encode.jpeg", "--devices"}));
  CHECK(list.wait() == 2);
  CHECK(has(list.err(), "encode.jpeg opens no devices"));
  CHECK(has(list.err(), "capture.v4l2"));
}

TEST_CASE("devices are of one type, which must be named") {
  Process list(test::sluice({"stages", "--devices"}));
  CHECK(list.wait() == 2);
  CHECK(has(list.err(), "TYPE"));
}
