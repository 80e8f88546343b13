// What a gate holds of its sources, and how much.

#include "gate_help.hpp"

using namespace gate_help;

namespace {

// Of ten bytes of all sources together: those that have few frames keep them.
void check_who_has_most_gives(StageTest& test) {
  queue(test, 0, 2, "yard");
  queue(test, 0, 20, "hall");
  queue(test, 0, 1, "door");
  for (const auto* source : {"yard", "hall", "door"}) test.queue(began(source));
  run(test);
  CHECK(numbers(test, "yard") == range(0, 2));
  CHECK(numbers(test, "hall") == range(16, 20));
  CHECK(numbers(test, "door") == range(0, 1));
  check_books(test, 26);
}

}  // namespace

TEST_CASE("flow.gate: what is held has limits in frames and in bytes") {
  const auto [name, value] = GENERATE(table<std::string, sluice::ParamValue>(
      {{"max_frames", std::int64_t{5}}, {"max_bytes", std::string("5B")}}));
  INFO(name);
  StageTest test("flow.gate", rolls("1h", "0s", {{name, value}}));
  queue(test, 0, 20);
  test.queue(began());
  queue(test, 21, 21);
  run(test);
  CHECK(numbers(test) == range(16, 21));
  check_books(test, 22);
}

TEST_CASE("flow.gate: a pre-roll that is cut short by a limit is told of, once") {
  StageTest test("flow.gate", rolls("10s", "0s", {{"max_frames", std::int64_t{4}}}));
  queue(test, 0, 8);
  run(test);
  CHECK(test.log() ==
        std::vector<std::string>{
            "only 4 frames in 3.0 s of pre_roll = \"10s\" can be held; see max_frames"});
}

TEST_CASE("flow.gate: of all sources together max_bytes are held, and who has most gives") {
  StageTest test("flow.gate", rolls("1h", "0s", {{"max_bytes", std::string("10B")}}));
  check_who_has_most_gives(test);
}

TEST_CASE("flow.gate: where the graph's memory is used up, who has most gives") {
  StageTest test("flow.gate", rolls("1h", "0s"));
  test.limit_memory(10);
  check_who_has_most_gives(test);
  CHECK(test.held_bytes() == 0);
  CHECK(test.log().size() == 1);
}

TEST_CASE("flow.gate: a source that is gone is forgotten at once, with what is held of it") {
  StageTest test("flow.gate", rolls("1h", "0s", {{"max_sources", std::int64_t{2}}}));
  queue(test, 0, 2, "cam");
  for (int i = 0; i < 100; ++i) {
    const auto stranger = "stranger-" + std::to_string(i);
    test.queue(at(3, stranger));
    test.queue_gone(stranger);
    test.queue(ended(stranger));  // which comes to be told late, and takes no place
  }
  test.queue(at(3, "last"));
  test.queue(began("cam"));
  test.queue(began("last"));
  run(test);
  CHECK(numbers(test) == range(0, 2));
  CHECK(numbers(test, "last") == range(3, 3));
  CHECK(test.held_bytes() == 0);
  check_books(test, 104);
}

TEST_CASE("flow.gate: what is held is no camera's buffer") {
  const auto buffer = std::make_shared<cv::Mat>(1, 1, CV_8UC1, cv::Scalar(7));
  const auto lent = [&](std::uint64_t n) {
    sluice::Image image(sluice::Kind::gray8, *buffer, buffer);
    image.mark_lent();
    return sluice::share({"cam",
                          n,
                          FakeClock().utc() + static_cast<std::int64_t>(n) * 1s,
                          true,
                          std::move(image),
                          {}});
  };
  StageTest test("flow.gate", rolls("1h", "0s"));
  test.run_in_thread();
  for (std::uint64_t n = 0; n < 3; ++n) test.queue(lent(n));
  REQUIRE(test.eventually([&] { return buffer.use_count() == 1; }));  // the camera has all of them
  test.queue(began());
  REQUIRE(test.eventually([&] { return test.frames().size() == 3; }));
  test.queue(lent(3));  // passes as it is
  REQUIRE(test.eventually([&] { return test.frames().size() == 4; }));
  test.stop();
  for (const auto& frame : test.frames()) CHECK(frame->image()->mat().at<std::uint8_t>(0) == 7);
  CHECK(test.frames()[2]->sequence == 2);
  CHECK(test.frames()[3]->image()->mat().data == buffer->data);
}

TEST_CASE("flow.gate: a frame that is larger than the limit is never held") {
  StageTest test("flow.gate", {{"max_bytes", std::string("10B")}});
  test.queue(at(0));
  test.queue(sluice::testkit::make_frame(cv::Mat(4, 4, CV_8UC1, cv::Scalar(0)), "cam", 1));
  test.queue(began());
  run(test);
  CHECK(test.frames().empty());
  check_books(test, 2);
}

TEST_CASE("flow.gate: frames of more sources fail until one has been silent for long") {
  StageTest test("flow.gate", rolls("5s", "0s", {{"max_sources", std::int64_t{2}}}));
  test.run_in_thread();
  test.queue(at(0, "a"));
  test.queue(at(0, "b"));
  test.queue(began("b"));
  test.queue(at(0, "c"));
  REQUIRE(test.eventually([&] { return test.counts().failed == 1; }));
  CHECK(test.log().at(0).find("max_sources") != std::string::npos);
  // Then "a" is forgotten, with the frame that it held. "b", whose gate is open, is not.
  test.clock().advance(10min);
  REQUIRE(test.eventually([&] { return test.counts().dropped["gate_closed"] == 1; }));
  test.queue(at(1, "b"));
  test.queue(at(1, "c"));
  test.queue(began("c"));
  REQUIRE(test.eventually([&] { return test.frames().size() == 3; }));
  test.stop();
  CHECK(numbers(test, "b") == Numbers{0, 1});
  CHECK(numbers(test, "c") == Numbers{1});
  const auto counts = test.counts();
  CHECK(counts.in == counts.out + counts.failed + counts.dropped.at("gate_closed"));
}

TEST_CASE("flow.gate: names of events alone keep no camera out, and cost none its place") {
  StageTest test("flow.gate", rolls("1h", "0s", {{"max_sources", std::int64_t{2}}}));
  const auto strangers = [&] {
    for (int i = 0; i < 100; ++i) test.queue(began("stranger-" + std::to_string(i)));
  };
  strangers();
  test.queue(at(0, "yard"));
  strangers();
  test.queue(at(0, "hall"));
  strangers();
  test.queue(at(1, "yard"));
  for (const auto* source : {"yard", "hall"}) test.queue(began(source));
  run(test);
  CHECK(numbers(test, "yard") == range(0, 1));
  CHECK(numbers(test, "hall") == range(0, 0));
  check_books(test, 3);
}

TEST_CASE("flow.gate: a full gate takes a new source in the place of a silent one") {
  StageTest test("flow.gate", rolls("1h", "0s", {{"max_sources", std::int64_t{3}}}));
  test.run_in_thread();
  const auto passed = [&](std::size_t n) { return [&, n] { return test.frames().size() == n; }; };
  const auto held = [&](std::size_t n) { return [&, n] { return test.held_bytes() == n; }; };
  const auto failed = [&](std::uint64_t n) { return [&, n] { return test.counts().failed == n; }; };
  const auto left = [&](std::uint64_t n) {
    return [&, n] { return test.counts().dropped["gate_closed"] == n; };
  };
  test.queue(began("open"));
  test.queue(at(0, "open"));
  REQUIRE(test.eventually(passed(1)));
  test.clock().advance(1s);
  test.queue(at(0, "first"));
  REQUIRE(test.eventually(held(1)));
  test.clock().advance(1s);
  test.queue(at(0, "second"));
  REQUIRE(test.eventually(held(2)));
  test.clock().advance(1s);
  test.queue(at(0, "new"));
  REQUIRE(test.eventually(failed(1)));  // nobody has been silent for long
  test.clock().advance(3s);
  test.queue(at(1, "new"));  // in the place of the first, and of what is held of it
  REQUIRE(test.eventually(left(1)));
  test.queue(at(1, "second"));
  REQUIRE(test.eventually(held(3)));
  test.queue(at(0, "newer"));
  REQUIRE(test.eventually(failed(2)));
  // The open gate has its place for a minute.
  test.clock().advance(53s);
  test.queue(at(2, "new"));
  test.queue(at(2, "second"));
  REQUIRE(test.eventually(held(5)));
  test.queue(at(1, "newer"));
  REQUIRE(test.eventually(failed(3)));
  test.clock().advance(1s);
  test.queue(at(2, "newer"));
  REQUIRE(test.eventually(held(6)));
  for (const auto* source : {"first", "second", "new", "newer"}) test.queue(began(source));
  REQUIRE(test.eventually(passed(7)));
  test.stop();
  CHECK(numbers(test, "open") == range(0, 0));
  CHECK(numbers(test, "second") == range(0, 2));
  CHECK(numbers(test, "new") == range(1, 2));
  CHECK(numbers(test, "newer") == range(2, 2));
  CHECK(left(1)());
}

TEST_CASE("flow.gate: a source whose gate is open is forgotten, too, but not soon") {
  StageTest test("flow.gate", rolls("5s", "0s", {{"max_sources", std::int64_t{1}}}));
  test.run_in_thread();
  test.queue(at(0, "a"));
  test.queue(began("a"));
  REQUIRE(test.eventually([&] { return test.frames().size() == 1; }));
  test.clock().advance(2h);
  REQUIRE(test.eventually([&] {
    test.queue(at(0, "b"));
    test.queue(began("b"));
    return numbers(test, "b").size() > 0;
  }));
  test.stop();
}
