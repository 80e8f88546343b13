// What a run's figures say of each stage and mailbox.

#include "graph/labels.hpp"

#include <algorithm>

#include "drawing_help.hpp"

using namespace drawing_help;
using namespace sluice::app;

namespace {

Label label(const std::vector<Label>& labels, const std::string& id) {
  const auto found =
      std::find_if(labels.begin(), labels.end(), [&](const Label& l) { return l.id == id; });
  INFO(id);
  REQUIRE(found != labels.end());
  return *found;
}

}  // namespace

TEST_CASE("labels: rates, work, waiting and drops by cause, of each stage and mailbox") {
  const auto plan = chain();
  auto report = silence(plan);
  count(of(report, "camera"), 300, 0, "");
  of(report, "camera").process.mean = 90;  // of handing on, and so no work
  count(of(report, "jpeg"), 300, 60, "mailbox_full", 3.5);
  of(report, "jpeg").dropped["too_old"] = 5;
  of(report, "jpeg").wait.mean = 1.3;
  of(report, "jpeg").queued = 2;
  count(of(report, "slow"), 240, 0, "", 41);
  count(of(report, "uplink"), 240, 200, "link_down");
  of(report, "uplink").dropped["mailbox_full"] = 1;
  of(report, "uplink").wait.mean = 2;
  const auto labels = labels_of(plan, report);

  CHECK(label(labels, "stage-camera").lines == Texts{"30 frames/s", ""});
  CHECK(label(labels, "stage-jpeg").lines ==
        Texts{"24 frames/s, 8 % busy", "3.5 ms a frame, waits 1.3 ms", ""});
  CHECK(label(labels, "mailbox-jpeg").lines ==
        Texts{"30 frames/s, 2 queued", "drops 6/s mailbox_full, 0.5/s too_old"});
  CHECK(label(labels, "stage-slow").lines ==
        Texts{"24 frames/s, 98 % busy", "41 ms a frame, waits 0 ms", ""});
  // What a stage let go itself is told in its box, not at its mailbox.
  CHECK(label(labels, "stage-uplink").lines ==
        Texts{"4 frames/s", "waits 2 ms", "drops 20/s link_down"});
  CHECK(label(labels, "mailbox-uplink").lines == Texts{"24 frames/s", "drops 0.1/s mailbox_full"});
  CHECK(label(labels, "stage-events").lines == Texts{""});
  // Sources have no mailbox, and no rule of one is about events.
  CHECK(std::none_of(labels.begin(), labels.end(), [](const Label& l) {
    return l.id == "mailbox-camera" || l.id == "mailbox-events";
  }));
}

TEST_CASE("labels: what state a stage and a mailbox are in") {
  const auto plan = chain();
  auto report = silence(plan);
  const auto state = [&](const std::string& id) {
    return std::string(to_string(label(labels_of(plan, report), id).state));
  };
  CHECK(state("stage-jpeg") == "idle");
  CHECK(state("stage-events") == "fine");
  CHECK(state("mailbox-jpeg") == "fine");
  auto& jpeg = of(report, "jpeg");
  count(jpeg, 300, 0, "", 5);
  CHECK(state("stage-jpeg") == "fine");
  jpeg.process.mean = 24;
  CHECK(state("stage-jpeg") == "busy");
  jpeg.wait.mean = 30;
  CHECK(state("stage-jpeg") == "overloaded");
  jpeg.wait.mean = 0;
  jpeg.dropped["mailbox_full"] = 3;
  CHECK(state("stage-jpeg") == "overloaded");
  CHECK(state("mailbox-jpeg") == "lossy");
  jpeg.failed = 1;
  CHECK(state("stage-jpeg") == "failed");
  CHECK(label(labels_of(plan, report), "stage-jpeg").lines.back() == "1 failed");
  jpeg.failed = 0;
  jpeg.restarts = 2;
  CHECK(state("stage-jpeg") == "failed");
  CHECK(label(labels_of(plan, report), "stage-jpeg").lines.back() == "2 restarts");
  jpeg.restarts = 0;
  jpeg.dropped = {{"stage_down", 1}};
  CHECK(state("stage-jpeg") == "failed");
}

TEST_CASE("labels: workers share the work") {
  auto plan = chain();
  auto report = silence(plan);
  count(of(report, "jpeg"), 300, 0, "", 30);
  const auto jpeg = std::find_if(plan.stages.begin(), plan.stages.end(),
                                 [](const StagePlan& s) { return s.name == "jpeg"; });
  CHECK(label(labels_of(plan, report), "stage-jpeg").state == State::busy);
  jpeg->workers = 3;
  CHECK(label(labels_of(plan, report), "stage-jpeg").state == State::fine);
  CHECK(label(labels_of(plan, report), "stage-jpeg").lines.front() == "30 frames/s, 30 % busy");
}

TEST_CASE("labels: as many lines each time, and room for them") {
  const auto plan = chain();
  auto full = silence(plan);
  for (auto& stage : full.stages) {
    count(stage, 300, 30, "mailbox_full", 20);
    stage.failed = 3;
    stage.restarts = 1;
  }
  const auto silent = labels_of(plan, silence(plan));
  const auto busy = labels_of(plan, full);
  const auto room = widest_labels(plan);
  REQUIRE(silent.size() == room.size());
  REQUIRE(busy.size() == room.size());
  for (std::size_t i = 0; i < room.size(); ++i) {
    CHECK(silent[i].id == room[i].id);
    CHECK(busy[i].id == room[i].id);
    REQUIRE(silent[i].lines.size() == room[i].lines.size());
    REQUIRE(busy[i].lines.size() == room[i].lines.size());
    for (std::size_t n = 0; n < room[i].lines.size(); ++n) {
      CHECK_FALSE(room[i].lines[n].empty());
      CHECK(busy[i].lines[n].size() <= room[i].lines[n].size());
    }
  }
}
