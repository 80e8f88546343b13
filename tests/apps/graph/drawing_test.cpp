// What is drawn of a graph: boxes, groups, and lines with their mailboxes.

#include "graph/drawing.hpp"

#include <set>

#include "drawing_help.hpp"

using namespace drawing_help;
using namespace sluice::app;

namespace {

const Drawing::Line& line(const Drawing& drawing, const std::string& id) {
  for (const auto& l : drawing.lines)
    if (l.id == id) return l;
  FAIL("there is no line " << id);
  return drawing.lines.front();
}

Texts line_ids(const Drawing& drawing) {
  Texts ids;
  for (const auto& l : drawing.lines) ids.push_back(l.id);
  return ids;
}

// "capture: a b"
Texts groups(const Drawing& drawing) {
  Texts result;
  for (const auto& group : drawing.graphs.front().groups) {
    auto text = group.family + ":";
    for (const auto& stage : group.stages) text += " " + stage.name;
    result.push_back(text);
  }
  return result;
}

const Drawing::Stage& stage(const Drawing& drawing, const std::string& id) {
  for (const auto& graph : drawing.graphs)
    for (const auto& group : graph.groups)
      for (const auto& s : group.stages)
        if (s.id == id) return s;
  FAIL("there is no stage " << id);
  return drawing.graphs.front().groups.front().stages.front();
}

const std::string kGraph = R"(
[stage.left]
type = "capture.synthetic"
[stage.right]
type = "capture.synthetic"
optional = true
[stage.relay]
type = "transport.receive"
bind = ["tcp://127.0.0.1:5601", "ipc:///tmp/relay"]
[stage.jpeg]
type = "encode.jpeg"
from = ["left", "right"]
workers = 3
mailbox = { capacity = 7, when_full = "drop_newest", max_age = "200ms", max_bytes = "8MiB" }
[stage.again]
type = "decode.jpeg"
from = ["jpeg", "relay"]
[stage.motion]
type = "motion.detect"
from = "again"
[stage.still]
type = "motion.detect"
from = "motion"
[stage.uplink]
type = "transport.send"
from = "jpeg"
connect = "tcp://127.0.0.1:5602"
[stage.end]
type = "sink.discard"
from = "still"
[stage.alarm]
type = "log.events"
from = ["motion", "still"]
[stage.events]
type = "log.events"
)";

}  // namespace

TEST_CASE("drawing: groups are of one family, side by side or linked") {
  const auto plan = plan_of(kGraph);
  const auto drawing = draw({{&plan, {}, {}}});
  // A receiver at the beginning and a sender at the end are two.
  CHECK(groups(drawing) == Texts{"capture: left right", "transport: relay", "encode: jpeg",
                                 "decode: again", "motion: motion still", "transport: uplink",
                                 "sink: end", "log: alarm", "log: events"});
}

TEST_CASE("drawing: a box tells what sets its stage apart") {
  const auto plan = plan_of(kGraph);
  const auto drawing = draw({{&plan, {}, {}}});
  CHECK(stage(drawing, "stage-relay").notes ==
        Texts{"binds tcp://127.0.0.1:5601", "binds ipc:///tmp/relay"});
  CHECK(stage(drawing, "stage-uplink").notes == Texts{"connects to tcp://127.0.0.1:5602"});
  CHECK(stage(drawing, "stage-jpeg").notes == Texts{"3 workers"});
  CHECK(stage(drawing, "stage-right").notes == Texts{"optional"});
  CHECK(stage(drawing, "stage-events").notes == Texts{"hears every stage"});
  CHECK(stage(drawing, "stage-alarm").notes.empty());
}

TEST_CASE("drawing: a mailbox is told of once, on its only link or behind where links meet") {
  const auto plan = plan_of(kGraph);
  const auto drawing = draw({{&plan, {}, {}}});
  CHECK(line_ids(drawing) == Texts{"link-left.out-jpeg", "link-right.out-jpeg", "mailbox-jpeg",
                                   "link-jpeg.out-again", "link-relay.out-again", "mailbox-again",
                                   "mailbox-motion", "mailbox-still", "mailbox-uplink",
                                   "mailbox-end", "link-motion.events-alarm",
                                   "link-still.events-alarm"});
  CHECK(line(drawing, "link-left.out-jpeg").to == "queue-jpeg");
  CHECK(line(drawing, "link-left.out-jpeg").texts == Texts{"bgr8"});
  CHECK(line(drawing, "mailbox-jpeg").from == "queue-jpeg");
  CHECK(line(drawing, "mailbox-jpeg").texts ==
        Texts{"drop_newest 7", "max_age 200ms", "max_bytes 8MiB"});
  CHECK(line(drawing, "mailbox-uplink").from == "stage-jpeg");
  CHECK(line(drawing, "mailbox-uplink").to == "stage-uplink");
  CHECK(line(drawing, "mailbox-uplink").texts == Texts{"jpeg", "latest 1", "max_age 2s"});
  CHECK(line(drawing, "link-motion.events-alarm").kind == Drawing::LineKind::events);
  CHECK(line(drawing, "link-motion.events-alarm").texts == Texts{"event"});
  CHECK(drawing.graphs.front().queues == Texts{"queue-jpeg", "queue-again"});
}

TEST_CASE("drawing: all ids of one picture are different, whatever graphs it shows") {
  const auto plan = plan_of(kGraph);
  const auto drawing = draw({{&plan, {}, {}}, {&plan, {}, {}}, {&plan, {}, {}}});
  std::set<std::string> ids;
  const auto add = [&](const std::string& id) {
    INFO(id);
    CHECK(ids.insert(id).second);
  };
  for (const auto& graph : drawing.graphs) {
    add(graph.id);
    for (const auto& group : graph.groups) {
      add(group.id);
      for (const auto& s : group.stages) add(s.id);
    }
    for (const auto& queue : graph.queues) add(queue);
  }
  for (const auto& l : drawing.lines) add(l.id);
  CHECK(ids.count("g3-stage-motion") == 1);
  // Every line is between what is there.
  for (const auto& l : drawing.lines) {
    CHECK(ids.count(l.from) == 1);
    CHECK(ids.count(l.to) == 1);
  }
}

TEST_CASE("drawing: kinds by the name of all of them where there is one") {
  CHECK(kinds_text(Kind::jpeg) == "jpeg");
  CHECK(kinds_text(Kind::gray8 | Kind::bgr8) == "gray8, bgr8");
  CHECK(kinds_text(kinds::pictures) == "any picture");
  CHECK(kinds_text(kinds::images) == "any image");
  CHECK(kinds_text(kinds::frames) == "any frame");
  CHECK(kinds_text(kinds::pictures | Kind::jpeg) == "any picture, jpeg");
  CHECK(kinds_text(kinds::frames | Kind::event) == "any frame, event");
}
