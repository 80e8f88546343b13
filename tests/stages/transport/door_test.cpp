// What a hub does with what comes, without sockets.

#include "transport/door.hpp"

#include <fmt/format.h>

#include "catch.hpp"
#include "small_graph.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using testkit::SmallGraph;

namespace {

struct Hub {
  SmallGraph graph;
  std::vector<std::pair<int, std::string>> answers;  // and by which connection
  std::map<int, std::uint64_t> bytes;                // that came by a connection; none: not known
  Door door;
  std::string picture;
  int pictures = 0;

  explicit Hub(Door::Rules rules = {})
      : door(rules, {[this, rules](std::size_t socket, auto& envelope, auto text) {
                       REQUIRE(envelope.size() == (rules.answers ? 2 : 0));
                       answers.emplace_back(static_cast<int>(socket), std::string(text));
                     },
                     nullptr,
                     [this](int connection) -> std::optional<std::uint64_t> {
                       const auto it = bytes.find(connection);
                       if (it == bytes.end()) return {};
                       return it->second;
                     }}) {}

  void take(int connection, const std::string& header, std::size_t size) {
    take(connection, header, std::string(size, 'x'));
  }
  void take(int connection, const std::string& header, const std::string& payload) {
    take_parts(connection, {header, payload});
  }
  void take_parts(int connection, const std::vector<std::string>& parts) {
    Door::Message message{{{}, connection, fmt::format("10.0.0.{}", connection), {}},
                          static_cast<std::size_t>(connection),
                          {},
                          {},
                          0,
                          graph.utc()};
    message.parts.emplace_back("id", 2);
    message.parts.emplace_back();
    for (const auto& part : parts) message.parts.emplace_back(part.data(), part.size());
    door.take(std::move(message), graph);
  }
  // Each with another picture; one of the same picture comes by same_frame().
  void old_frame(int connection, const std::string& name, std::size_t size = 100) {
    picture = fmt::format("{:<{}}", ++pictures, size);
    same_frame(connection, name);
  }
  void same_frame(int connection, const std::string& name) {
    take(connection,
         fmt::format(R"({{"msg":"{}","dtype":"uint8","shape":[{}]}})", name, picture.size()),
         picture);
  }
  void frame(int connection, const std::string& name, std::uint64_t sequence,
             std::size_t size = 100) {
    take(connection,
         fmt::format(R"({{"msg":"{}","dtype":"uint8","shape":[{}],"sluice":{{"v":1,"run":"r{}",)"
                     R"("seq":{},"fmt":"array"}}}})",
                     name, size, connection, sequence),
         size);
  }
  void ping(int connection, Duration every = 600ms) {
    take(connection, wire::ping_of(fmt::format("r{}", connection), every), 0);
  }
  void pass(Duration time) {
    for (Duration left = time; left > 0ms; left -= 100ms) {
      graph.passed += std::min<Duration>(left, 100ms);
      door.check(graph);
      door.answer_late(graph);
    }
  }
  std::vector<std::string> events() {
    std::vector<std::string> names;
    for (const auto& e : graph.events) names.push_back(e.name);
    graph.events.clear();
    return names;
  }
  std::string last_answer(int connection) const {
    for (auto it = answers.rbegin(); it != answers.rend(); ++it)
      if (it->first == connection) return it->second;
    return {};
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("while the graph has no room frames wait, and so do their answers, and nothing else") {
  Hub hub;
  hub.graph.room = 1;
  for (int i = 0; i < 5; ++i) hub.frame(1, "a", static_cast<std::uint64_t>(i));
  hub.old_frame(2, "b");
  // One had room, one is parked in the graph.
  CHECK(hub.answers.size() == 2);
  CHECK(hub.door.waiting() == 4);
  CHECK(hub.graph.held == 400 + hub.door.bytes_kept());
  hub.ping(1);
  CHECK(hub.last_answer(1).find("ping") != std::string::npos);
  hub.take(1, "no header", 3);
  CHECK(hub.last_answer(1).substr(0, 5) == "ERROR");
  const auto answered = hub.answers.size();
  // In turn, whoever sent more.
  hub.graph.room = 3;
  hub.door.move_on(hub.graph);
  CHECK(hub.answers.size() == answered + 3);
  CHECK(hub.last_answer(2) == "OK");
  hub.graph.room = SIZE_MAX;
  hub.door.move_on(hub.graph);
  CHECK(hub.door.waiting() == 0);
  CHECK(hub.graph.held == hub.door.bytes_kept());
  REQUIRE(hub.graph.frames.size() == 6);
  std::uint64_t next = 0;
  for (const auto& f : hub.graph.frames)
    if (f->source == "a") CHECK(f->sequence == next++);
  CHECK(next == 5);
}

TEST_CASE(
    "who doesn't wait for answers loses what is too much, is told, and costs others nothing") {
  Hub hub({.most_bytes = 1000});
  hub.graph.room = 0;
  for (std::uint64_t i = 0; i < 500; ++i) hub.frame(1, "a", i);
  // 40 of 100 bytes are four messages of the largest size.
  CHECK(hub.door.waiting() == 40);
  CHECK(hub.graph.dropped["queue_full"] == 500 - 41);
  CHECK(hub.last_answer(1).substr(0, 5) == "ERROR");
  CHECK(std::count_if(hub.graph.lines.begin(), hub.graph.lines.end(), [](const auto& line) {
          return line.find("10.0.0.1") != std::string::npos;
        }) == 1);
  for (int i = 0; i < 10; ++i) hub.old_frame(2, "b");
  CHECK(hub.door.waiting() == 50);
  SECTION("when the graph holds all it may, nothing more waits") {
    hub.graph.memory_left = false;
    hub.old_frame(3, "c");
    CHECK(hub.graph.dropped["queue_full"] >= 500 - 40);
    CHECK_FALSE(hub.last_answer(3).empty());
  }
  hub.graph.room = SIZE_MAX;
  hub.door.move_on(hub.graph);
  CHECK(hub.door.waiting() == 0);
}

TEST_CASE("in all, room at the door is shared by machine") {
  Hub hub({.most_bytes = Door::kMostBytesWaiting});
  hub.graph.room = 0;
  constexpr auto kPart = Door::kMostBytesWaiting / 8;
  for (std::uint64_t i = 0; i < 20; ++i) hub.frame(1, "a", i, kPart);
  CHECK(hub.door.waiting() == 8);
  for (std::uint64_t i = 0; i < 20; ++i) hub.frame(2, "b", i, kPart);
  CHECK(hub.door.waiting() == 8);
  CHECK(hub.door.bytes_waiting() <= Door::kMostBytesWaiting);
  hub.graph.room = SIZE_MAX;
  hub.door.move_on(hub.graph);
  std::map<std::string, int> came;
  for (const auto& f : hub.graph.frames) ++came[f->source];
  CHECK(came["a"] == 1 + 4);
  CHECK(came["b"] == 4);
}

TEST_CASE("what waits of a lost link is lost, and its sources are gone after their last frame") {
  Hub hub;
  hub.graph.room = 1;
  for (std::uint64_t i = 0; i < 5; ++i) hub.frame(1, "a", i);
  hub.door.connection_lost(1, "10.0.0.1", hub.graph);
  CHECK(hub.door.waiting() == 0);
  CHECK(hub.graph.dropped["link_lost"] == 3);
  REQUIRE(hub.graph.gone_at.size() == 1);
  CHECK(hub.graph.gone_at[0] == std::pair(std::string("a"), std::size_t{2}));
  CHECK(hub.door.links() == 0);
}

TEST_CASE("without answers what waits is handed on though its sender is gone") {
  Hub hub({.answers = false});
  hub.graph.room = 1;
  const auto push = [&](std::uint64_t sequence) {
    const auto header = fmt::format(
        R"({{"msg":"a","dtype":"uint8","shape":[4],"sluice":{{"v":1,"run":"r","seq":{}}}}})",
        sequence);
    Door::Message message{{{}, 1, "10.0.0.1", {}}, 1, {}, {}, 0, hub.graph.utc()};
    message.parts.emplace_back(header.data(), header.size());
    message.parts.emplace_back("1234", 4);
    hub.door.take(std::move(message), hub.graph);
  };
  const bool connection_used_again = GENERATE(false, true);
  for (std::uint64_t i = 0; i < 5; ++i) push(i);
  hub.door.connection_lost(1, "10.0.0.1", hub.graph);
  CHECK(hub.door.waiting() == 3);
  CHECK(hub.graph.gone_at.empty());
  if (connection_used_again) {
    hub.door.accepted(1, hub.graph);
    CHECK(hub.graph.dropped["link_lost"] == 3);
  } else {
    hub.graph.room = SIZE_MAX;
    hub.door.move_on(hub.graph);
    CHECK(hub.graph.frames.size() == 5);
  }
  CHECK(hub.door.waiting() == 0);
  CHECK(hub.graph.gone_at.size() == 1);
  CHECK(hub.door.links() == 0);
}

TEST_CASE("a peer that pings is lost when nothing comes of it, and back with its next message") {
  Hub hub;
  hub.frame(1, "a", 0);
  hub.ping(1);
  hub.old_frame(2, "b");
  CHECK(hub.events() == Names{"link.up", "link.up"});
  SECTION("nothing at all") {
    hub.pass(1900ms);
    CHECK(hub.events().empty());
    hub.pass(300ms);
    CHECK(hub.events() == Names{"link.down", "source.gone"});
    hub.pass(1min);
    // Of the old one, which never pings, it is only told that it is silent.
    CHECK(hub.events() == Names{"source.stale"});
    hub.frame(1, "a", 1);
    CHECK(hub.events() == Names{"link.up", "source.back"});
  }
  SECTION("bytes of a large picture are life") {
    for (int i = 0; i < 100; ++i) {
      hub.bytes[1] += 1000;
      hub.pass(100ms);
    }
    CHECK(hub.events() == Names{"source.stale", "source.stale"});
    hub.pass(2500ms);
    CHECK(hub.events() == Names{"link.down", "source.gone"});
  }
  SECTION("who says that it pings seldom is waited for longer") {
    hub.ping(1, 2s);
    hub.pass(5900ms);
    CHECK(hub.events() == Names{"source.stale", "source.stale"});
    hub.pass(300ms);
    CHECK(hub.events() == Names{"link.down", "source.gone"});
  }
}

TEST_CASE("times are held to what can be, whatever a sender says") {
  const auto captured = [](const std::string& times) {
    Hub hub;
    hub.take(1,
             fmt::format(R"({{"msg":"a","dtype":"uint8","shape":[1],"sluice":{{"v":1,"run":"r",)"
                         R"("seq":1,{}}}}})",
                         times),
             1);
    REQUIRE(hub.graph.frames.size() == 1);
    return hub.graph.frames[0]->captured - hub.graph.utc();
  };
  const auto now = SmallGraph().utc().time_since_epoch().count();
  const auto ns = [](Duration d) { return Duration(d).count(); };
  CHECK(captured(fmt::format("\"t\":{}", now + ns(1h * 24 * 365 * 90))) == 0s);
  CHECK(captured(fmt::format("\"t\":{}", now + ns(1ms))) == 0s);
  CHECK(captured(fmt::format("\"t\":{}", now - ns(5s))) == -5s);
  CHECK(captured("\"t\":0") == -1h);
  CHECK(captured(fmt::format("\"t\":{0},\"sent\":{0},\"off\":-4611686018427387903", now)) == -1h);
  CHECK(captured(fmt::format("\"t\":{0},\"sent\":{0},\"off\":4611686018427387903", now)) == 0s);
}

TEST_CASE("a peer that raises events without end raises some, and their number") {
  Hub hub;
  hub.old_frame(2, "b");
  for (int i = 0; i < 10'000; ++i) hub.take(1, R"({"msg":"pi|Heartbeat"})", 2);
  CHECK(hub.answers.size() == 10'001);
  CHECK(hub.events().size() < 100);
  hub.pass(1s);
  REQUIRE(hub.events() == Names{"events.left_out"});
  for (int i = 0; i < 1'000; ++i) {
    hub.take(3, wire::goodbye_of("r3"), 0);
    hub.frame(3, "c", static_cast<std::uint64_t>(i));
  }
  CHECK(hub.events().size() < 100);
}

TEST_CASE("an old sender's same picture once more is dropped as repeated, another's is not") {
  Hub hub;
  hub.old_frame(1, "a");
  for (int i = 0; i < 5; ++i) hub.same_frame(1, "a");
  hub.same_frame(1, "b");
  hub.same_frame(2, "c");
  // The same bytes are another picture in another shape.
  hub.take(1, R"({"msg":"a","dtype":"uint8","shape":[10,10]})", hub.picture);
  hub.old_frame(1, "a");
  CHECK(hub.graph.dropped["repeated"] == 5);
  REQUIRE(hub.graph.frames.size() == 5);
  // What is dropped so is not missing behind the hub.
  std::map<std::string, std::uint64_t> next;
  for (const auto& f : hub.graph.frames) CHECK(f->sequence == next[f->source]++);
  SECTION("Sluice numbers its frames, and may send equal ones") {
    for (std::uint64_t i = 0; i < 5; ++i) hub.frame(3, "n", i);
    CHECK(hub.graph.dropped["repeated"] == 5);
    CHECK(hub.last_answer(3).substr(0, 3) == "OK ");
  }
  SECTION("a sender that comes back has sent nothing yet") {
    hub.door.connection_lost(1, "10.0.0.1", hub.graph);
    hub.door.accepted(1, hub.graph);
    hub.same_frame(1, "a");
    CHECK(hub.graph.dropped["repeated"] == 5);
  }
  SECTION("a picture that got lost here is not there to be repeated") {
    hub.graph.room = 0;
    hub.old_frame(1, "a");
    hub.old_frame(1, "a");  // is parked, waits
    while (hub.graph.dropped["queue_full"] == 0) hub.old_frame(1, "a");
    hub.graph.room = SIZE_MAX;
    hub.door.move_on(hub.graph);
    const auto frames = hub.graph.frames.size();
    hub.same_frame(1, "a");
    CHECK(hub.graph.frames.size() == frames + 1);
  }
}

TEST_CASE("an old sender that asks for its camera's newest picture falls to about its rate") {
  const int sources = GENERATE(1, 3);
  const auto gap = GENERATE(33ms, 66ms, 150ms);
  CAPTURE(sources, gap.count());
  Hub hub;
  // Cameras that are read in turn, without waiting for a new picture; 1 ms each.
  std::uint64_t sent = 0;
  std::size_t answers = 0;
  const auto begin = hub.graph.passed;
  for (int turn = 0; hub.graph.passed < begin + 100 * gap; hub.graph.passed += 1ms) {
    hub.door.answer_late(hub.graph);
    if (hub.answers.size() < sent) continue;
    REQUIRE(hub.answers.size() == sent);
    const auto picture = (hub.graph.passed - begin) / gap;
    const auto camera = turn++ % sources;
    hub.picture = fmt::format("{} of {}", picture, camera);
    hub.same_frame(1, fmt::format("cam{}", camera));
    ++sent;
    answers = hub.answers.size();
  }
  CHECK(answers > 0);
  // Every picture of the camera is there, but for a few at the beginning; and few came again.
  const auto pictures = 100 * static_cast<std::uint64_t>(sources);
  CHECK(hub.graph.frames.size() >= pictures - pictures / 20);
  CHECK(hub.graph.frames.size() <= pictures);
  CHECK(sent <= (sources == 1 ? 4 : 8) * pictures);
}

TEST_CASE("the answer to a repeat waits for a moment only, and for nothing else") {
  Hub hub;
  hub.old_frame(1, "a");
  CHECK(hub.answers.size() == 1);
  hub.same_frame(1, "a");
  CHECK(hub.answers.size() == 1);
  const auto due = hub.door.answer_late(hub.graph);
  REQUIRE(due);
  CHECK(*due <= hub.graph.steady() + Repeats::kMostWait);
  SECTION("it comes when it is due") {
    hub.graph.passed += Repeats::kMostWait;
    CHECK_FALSE(hub.door.answer_late(hub.graph));
    CHECK(hub.last_answer(1) == "OK");
    CHECK(hub.answers.size() == 2);
  }
  SECTION("other senders' don't wait") {
    hub.old_frame(2, "b");
    CHECK(hub.answers.size() == 2);
  }
  SECTION("who sends more without it gets it at once, so that one waits of each at most") {
    for (int i = 0; i < 100; ++i) hub.same_frame(1, "a");
    CHECK(hub.answers.size() == 101);
    hub.old_frame(1, "a");
    CHECK(hub.answers.size() == 103);
  }
  SECTION("it is given at the end") {
    hub.door.close(hub.graph);
    CHECK(hub.answers.size() == 2);
  }
  SECTION("who is gone gets none") {
    hub.door.connection_lost(1, "10.0.0.1", hub.graph);
    CHECK_FALSE(hub.door.answer_late(hub.graph));
  }
  SECTION("a picture that stands still for long is asked for ten times a second") {
    hub.pass(1min);
    hub.answers.clear();
    for (int ms = 0; ms < 10'000; ++ms, hub.graph.passed += 1ms) {
      if (!hub.door.answer_late(hub.graph)) hub.same_frame(1, "a");
    }
    CHECK(hub.answers.size() >= 90);
    CHECK(hub.answers.size() <= 105);
  }
}

TEST_CASE("repeats are life, and a source that brings nothing else is frozen, told once") {
  Hub hub;
  hub.old_frame(1, "a");
  hub.events();
  const auto bring = [&](Duration time) {
    for (Duration left = time; left > 0ms; left -= 100ms) {
      hub.same_frame(1, "a");
      hub.pass(100ms);
    }
  };
  bring(9900ms);
  CHECK(hub.events().empty());
  bring(1min);
  CHECK(hub.events() == Names{"source.frozen"});
  hub.old_frame(1, "a");
  CHECK(hub.events() == Names{"source.unfrozen"});
  bring(11s);
  hub.door.connection_lost(1, "10.0.0.1", hub.graph);
  CHECK(hub.events() == Names{"source.frozen", "link.down", "source.gone"});
  hub.door.accepted(1, hub.graph);
  hub.same_frame(1, "a");
  CHECK(hub.events() == Names{"link.up", "source.back"});
}

TEST_CASE("pictures that differ are slowed by max_rate only") {
  const int most = GENERATE(0, 10);
  Hub hub({.max_rate = most});
  int answered = 0;
  for (int ms = 0; ms < 1000; ++ms, hub.graph.passed += 1ms) {
    if (hub.door.answer_late(hub.graph)) continue;
    hub.old_frame(1, "a");
    ++answered;
  }
  CHECK(answered == (most == 0 ? 1000 : 10));
  CHECK(hub.graph.frames.size() == static_cast<std::size_t>(answered));
  CHECK(hub.graph.dropped.empty());
  hub.frame(2, "n", 1);
  CHECK(hub.last_answer(2).substr(0, 3) == "OK ");
}

TEST_CASE("pictures are kept to be compared with as far as there is room, the greediest's least") {
  Hub hub({.most_bytes = Door::kMostBytesKept});
  constexpr auto kPart = Door::kMostBytesKept / 8;
  hub.old_frame(2, "b");
  const auto of_b = hub.picture;
  for (int i = 0; i < 20; ++i) hub.old_frame(1, fmt::format("a{}", i), kPart);
  CHECK(hub.door.bytes_kept() <= Door::kMostBytesKept);
  hub.picture = of_b;
  hub.same_frame(2, "b");
  CHECK(hub.graph.dropped["repeated"] == 1);
  SECTION("they are the first to go when the graph holds all it may") {
    hub.graph.memory_left = false;
    hub.old_frame(3, "c");
    CHECK(hub.door.bytes_kept() == 0);
    CHECK(hub.graph.held == 0);
    CHECK(hub.graph.frames.back()->source == "c");
  }
  SECTION("with the sender they are gone") {
    hub.door.connection_lost(1, "10.0.0.1", hub.graph);
    CHECK(hub.door.bytes_kept() == of_b.size());
  }
}

TEST_CASE("whose frames are not taken is told once, with its address and what to do") {
  Hub hub({.most_sources = 1});
  hub.old_frame(1, "a");
  hub.events();
  std::string name, cause, to_do;
  SECTION("there is no place for its source") {
    name = "b", cause = "too_many_sources", to_do = "max_sources = 1";
  }
  SECTION("its name is another's") {
    name = "a", cause = "name_taken", to_do = "10.0.0.1; give this one a name of its own";
  }
  for (int i = 0; i < 5; ++i) hub.old_frame(2, name);
  // Some connect anew for each picture.
  hub.door.connection_lost(2, "10.0.0.2", hub.graph);
  hub.door.accepted(2, hub.graph);
  for (int i = 0; i < 5; ++i) hub.old_frame(2, name);
  CHECK(hub.graph.dropped[cause] == 10);
  CHECK(hub.last_answer(2).substr(0, 5) == "ERROR");
  REQUIRE(hub.graph.lines.size() == 1);
  CHECK(hub.graph.lines[0].find("10.0.0.2") != std::string::npos);
  CHECK(hub.graph.lines[0].find(to_do) != std::string::npos);
  std::vector<std::string> refused;
  for (const auto& e : hub.graph.events)
    if (e.name == "source.refused") refused.push_back(to_json(e));
  REQUIRE(refused.size() == 1);
  for (const auto& part : {std::string("10.0.0.2"), to_do, cause})
    CHECK(refused[0].find(part) != std::string::npos);
  // Another sender is another matter.
  hub.old_frame(3, name);
  CHECK(hub.graph.lines.size() == 2);
}

TEST_CASE("whose messages are none of imagezmq's is guessed, with its address and what to do") {
  const std::string netgear =
      R"({"terminate_flag": false, "compression": false, "message": null, "pattern": "1", )"
      R"("dtype": "uint8", "shape": [2, 2, 3]})";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"/9j/4AAQSkZJRgABAQAAAQABAAD"}, "SmoothStream (base64)"},
      {{netgear, std::string(12, 'x')}, "VidGear's NetGear,"},
      {{R"({"terminate_flag": true})"}, "VidGear's NetGear,"},
      {{"\x83\xa9terminate\xc2\xa7"
        "bi_mode\xc2\xa4"
        "data\xa0",
        "\x85"},
       "NetGear_Async"},
      {{std::string("\x80\x04\x95", 3) + std::string(60, 'x') + "."}, "pickle"},
      {{"hello"}, "a message of 1 part instead of 2; this is not imagezmq's message"},
      {{R"({"name": "pi"})", "x"}, "the header has no msg; this is not imagezmq's message"},
  };
  for (const auto& [parts, guess] : cases) {
    Hub hub;
    hub.take_parts(1, parts);
    INFO(parts[0]);
    REQUIRE(hub.graph.lines.size() == 1);
    INFO(hub.graph.lines[0]);
    CHECK(hub.graph.lines[0].starts_with("from 10.0.0.1: "));
    CHECK(hub.graph.lines[0].find(guess) != std::string::npos);
    CHECK(hub.graph.lines[0].find("send with imagezmq's ImageSender") != std::string::npos);
    CHECK(hub.last_answer(1).starts_with("ERROR "));
    CHECK(hub.graph.failed == 1);
  }
  // What is imagezmq's is told what is wrong with it, and no more.
  Hub hub;
  hub.take(1, R"({"msg":"a","dtype":"uint8","shape":[7]})", 3);
  CHECK(hub.graph.lines[0].find("looks like") == std::string::npos);
  CHECK(hub.graph.lines[0].find("ImageSender") == std::string::npos);
}
