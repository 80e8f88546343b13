#include "transport/imagenode.hpp"

#include "catch.hpp"

using namespace sluice;

TEST_CASE("imagenode's texts become events of their source") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"pi|Heartbeat", R"("event":"node.heartbeat","source":"pi")"},
      {"pi|Restart|rpi3|linux|10.0.0.5|1024|12",
       R"("event":"node.restart","source":"pi","host":"rpi3","system":"linux",)"
       R"("address":"10.0.0.5","ram":"1024","hours_since_boot":"12")"},
      {"pi Driveway|motion|moving", R"("event":"motion.began","source":"pi-Driveway")"},
      {"pi Driveway|motion|still|gate", R"("event":"motion.ended","source":"pi-Driveway")"},
      {"pi Driveway|light|lighted", R"("what":"light","value":"lighted")"},
      {"pi|Temp|77 F", R"("event":"node.reading","source":"pi","what":"Temp","value":"77 F")"},
  };
  for (const auto& [text, expected] : cases) {
    const auto event = imagenode_event(text);
    REQUIRE(event);
    auto json = to_json(*event);
    std::erase(json, ' ');
    std::string wanted = expected;
    std::erase(wanted, ' ');
    INFO(json);
    CHECK(json.find(wanted) != std::string::npos);
  }
}

TEST_CASE("names, and texts that announce pictures, are no events") {
  for (const auto* text : {"pi", "pi Driveway|jpg", "pi|image", "rpi1|x", ""})
    CHECK_FALSE(imagenode_event(text));
}
