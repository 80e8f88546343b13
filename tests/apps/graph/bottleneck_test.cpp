// The sentence about what holds a graph up, from reports that are made up.

#include "graph/bottleneck.hpp"

#include "drawing_help.hpp"

using namespace drawing_help;
using sluice::app::bottleneck;

TEST_CASE("bottleneck: a stage that works all the time and whose mailbox drops") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "camera"), 300, 0, "");
  count(of(report, "jpeg"), 300, 60, "mailbox_full", 41);
  count(of(report, "slow"), 240, 0, "", 1);
  CHECK(bottleneck(plan, report) ==
        "jpeg holds the graph up: 41 ms a frame; it drops 6 of 30 frames/s.");
}

TEST_CASE("bottleneck: a mailbox that blocks makes those drop that feed it") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "camera"), 300, 0, "");
  count(of(report, "jpeg"), 300, 60, "mailbox_full", 5);
  count(of(report, "slow"), 240, 0, "", 41);
  CHECK(bottleneck(plan, report) ==
        "slow holds the graph up: 41 ms a frame; jpeg drops 6 of 30 frames/s.");
  // Up to a camera that hands nothing on that finds no room.
  count(of(report, "camera"), 300, 90, "behind");
  CHECK(bottleneck(plan, report) ==
        "slow holds the graph up: 41 ms a frame; camera drops 9 of 30 frames/s, and 1 more stage "
        "drops some.");
}

TEST_CASE("bottleneck: all mailboxes block, and nothing is dropped") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "camera"), 240, 0, "");
  of(report, "camera").process.count = 240;  // a source that waits to hand on isn't at work
  of(report, "camera").process.mean = 41;
  count(of(report, "slow"), 240, 0, "", 41);
  of(report, "slow").wait.mean = 82;
  CHECK(bottleneck(plan, report) == "slow holds the graph up: 41 ms a frame; frames wait for it.");
}

TEST_CASE("bottleneck: busy, but nothing waits for it and nothing is lost") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "slow"), 240, 0, "", 40);
  of(report, "slow").wait.mean = 0.2;
  CHECK(bottleneck(plan, report) ==
        "Nothing holds the graph up; the busiest stage is slow, 96 % of the time.");
}

TEST_CASE("bottleneck: what a busy stage does not feed on is none of its losses") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "slow"), 240, 0, "", 40);
  count(of(report, "uplink"), 300, 120, "mailbox_full");
  CHECK(bottleneck(plan, report) == "uplink drops 12 of 30 frames/s (mailbox_full).");
}

TEST_CASE("bottleneck: a sender whose link is thin has no work of its own") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "jpeg"), 300, 1, "too_old", 4);
  count(of(report, "uplink"), 299, 250, "link_down");
  of(report, "uplink").dropped["mailbox_full"] = 9;
  CHECK(bottleneck(plan, report) ==
        "uplink drops 26 of 30 frames/s (link_down), and 1 more stage drops some.");
}

TEST_CASE("bottleneck: a stage that drops without being at work most of the time") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "jpeg"), 300, 3, "mailbox_full", 4);
  CHECK(bottleneck(plan, report) ==
        "jpeg drops 0.3 of 30 frames/s (mailbox_full), but works for 12 % of the time only.");
}

TEST_CASE("bottleneck: who has given up is told first") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "slow"), 300, 300, "stage_down");
  count(of(report, "jpeg"), 300, 20, "mailbox_full", 40);
  CHECK(bottleneck(plan, report) == "slow has given up: it loses 30 of 30 frames/s.");
}

TEST_CASE("bottleneck: what was left in the mailboxes at the end was not lost by anybody") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "jpeg"), 300, 4, "shutdown", 4);
  CHECK(bottleneck(plan, report) ==
        "Nothing holds the graph up; the busiest stage is jpeg, 12 % of the time.");
}

TEST_CASE("bottleneck: a graph in which nothing came, and one without work") {
  const auto plan = chain();
  auto report = silence(plan);
  CHECK(bottleneck(plan, report) == "No frame has come.");
  count(of(report, "camera"), 300, 0, "");
  CHECK(bottleneck(plan, report) == "Nothing holds the graph up.");
}
