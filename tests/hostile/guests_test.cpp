// Who looks hostile and is not.

#include "catch.hpp"
#include "hostile/pictures.hpp"
#include "hostile/shipped.hpp"

using namespace test;

TEST_CASE("a webcam's JPEGs with bytes before their restart markers are pictures") {
  ShippedHub hub;
  auto webcam = hub.stranger();
  for (int i = 0; i < 10; ++i)
    CHECK(webcam.ask({R"({"msg": "webcam"})", webcam_jpeg(320, 240)}) == "OK");
  const auto report = hub.end();
  CHECK(report["stages"]["decode"]["sources"]["webcam"]["failed"] == 0);
}
