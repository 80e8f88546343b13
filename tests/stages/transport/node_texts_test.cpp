#include "transport/node_texts.hpp"

#include <algorithm>

#include "catch.hpp"
#include "transport/imagenode.hpp"

using namespace sluice;

TEST_CASE("a view is called by its node and its source, and by each once") {
  const NodeTexts texts("JeffOffice");
  CHECK(texts.picture("door") == "JeffOffice door|jpg");
  CHECK(texts.picture("JeffOffice-door") == "JeffOffice door|jpg");
  CHECK(texts.picture("JeffOffice") == "JeffOffice|jpg");
  CHECK(texts.picture("JeffOffice-") == "JeffOffice JeffOffice-|jpg");
  CHECK(NodeTexts("Front Garden").picture("pi-1") == "Front Garden pi-1|jpg");
}

TEST_CASE("events that imagenode has go in its words, and others don't") {
  const NodeTexts texts("node");
  CHECK(texts.event({"motion.began", "door", {{"boxes", std::int64_t{2}}}}) ==
        "node door|motion|moving");
  CHECK(texts.event({"motion.ended", "door"}) == "node door|motion|still");
  CHECK(texts.event({"motion.began", "door", {{"roi", "Front Gate"}}}) ==
        "node door|motion|moving|Front Gate");
  CHECK(texts.event({"node.reading", "", {{"what", "Temp"}, {"value", "77 F"}}}) ==
        "node|Temp|77 F");
  CHECK(texts.event({"node.reading", "door", {{"value", 0.5}, {"what", "light"}}}) ==
        "node door|light|0.5");
  for (const char* other : {"link.up", "source.lost", "node.restart", "node.heartbeat", "jpg", ""})
    CHECK_FALSE(texts.event({other, "door"}));
}

TEST_CASE("what a detail holds makes no further field and no further line") {
  const auto text = NodeTexts("node").event({"motion.began", "door", {{"roi", "a|jpg\nb"}}});
  CHECK(text == "node door|motion|moving|a-jpg-b");
}

TEST_CASE("what a node tells is what a Sluice hub hears of it") {
  const NodeTexts texts("node");
  const auto heard = [](const std::string& text) {
    const auto event = imagenode_event(text);
    REQUIRE(event);
    return event->name + " of " + event->source;
  };
  CHECK(heard(*texts.event({"motion.began", "door"})) == "motion.began of node-door");
  CHECK(heard(*texts.event({"motion.ended", "door"})) == "motion.ended of node-door");
  CHECK(heard(texts.heartbeat()) == "node.heartbeat of node");
  CHECK(heard(texts.restart()) == "node.restart of node");
  CHECK_FALSE(imagenode_event(texts.picture("door")));
}

TEST_CASE("a restart tells of the machine in imagenode's seven fields") {
  const auto text = NodeTexts("").restart();
  INFO(text);
  CHECK(std::ranges::count(text, '|') == 6);
  CHECK(text.find("||") == std::string::npos);
  CHECK(text.back() != '|');
}

TEST_CASE("a node's name is fit for imagehub's files") {
  for (const char* good : {"", "JeffOffice", "Front Garden", "Küche 1", "a.b-c_d"})
    CHECK_FALSE(against_node_name(good));
  for (const char* bad : {"a|b", "../x", "a/b", "a\\b", "..", ".x", " x", "x ", "a\nb"})
    CHECK(against_node_name(bad));
  CHECK(against_node_name(std::string(65, 'x')));
}
