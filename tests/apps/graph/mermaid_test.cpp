// Mermaid's text: what is drawn, and that no name or address is taken for Mermaid's own words.

#include "graph/mermaid.hpp"

#include "contains.hpp"
#include "drawing_help.hpp"
#include "graph/bottleneck.hpp"

using namespace drawing_help;
using namespace sluice::app;

TEST_CASE("mermaid: boxes, lines and what is said of them") {
  const auto plan = plan_of(R"(
[stage.end]
type = "sink.discard"
from = ["left", "right"]
[stage.left]
type = "capture.synthetic"
[stage.right]
type = "capture.synthetic"
[stage.graph]
type = "log.events"
from = "left"
)");
  CHECK(to_mermaid(draw({{&plan, {}, {}}})) == R"(flowchart LR
  subgraph n1["made-up on here"]
    direction LR
    subgraph n2["capture"]
    n3["<b>left</b><br/>capture.synthetic"]:::hue0
    n4["<b>right</b><br/>capture.synthetic"]:::hue0
    end
    n5["<b>end</b><br/>sink.discard"]:::hue9
    n6["<b>graph</b><br/>log.events"]:::hue5
    n7(( ))
  end
  n3 ---|"bgr8"| n7
  n4 ---|"bgr8"| n7
  n7 -->|"block 4"| n5
  n3 -.->|"event"| n6
  classDef hue0 fill:#e7f1fb,stroke:#437ab1,color:#1c2126
  classDef hue5 fill:#eff1f3,stroke:#6d7888,color:#1c2126
  classDef hue9 fill:#f3f1ef,stroke:#877c6e,color:#1c2126
)");
}

TEST_CASE("mermaid: joins and losses stand out, and states have their colours") {
  const auto sender = chain();
  auto report = silence(sender);
  count(of(report, "jpeg"), 300, 60, "mailbox_full", 41);
  const auto hub = plan_of(R"(
[stage.cameras]
type = "transport.receive"
bind = "tcp://*:5555"
security = "none"
[stage.end]
type = "sink.discard"
from = "cameras"
)");
  const auto text = to_mermaid(
      draw({{&sender, labels_of(sender, report), bottleneck(sender, report)}, {&hub, {}, {}}}));
  CHECK_THAT(text, ContainsSubstring("-.->|\"tcp://hub.local:5555<br/>jpeg\"| "));
  CHECK_THAT(text, ContainsSubstring(
                       "24 frames/s, 98 % busy<br/>41 ms a frame, waits 0 ms\"]:::overloaded\n"));
  CHECK_THAT(text, ContainsSubstring("classDef overloaded fill:#fde4e1,"));
  CHECK_THAT(text, ContainsSubstring("made-up on here: jpeg holds the graph up: 41 ms a frame"));
  // Styles go by the numbers of lines: the first is lossy, the last is the join.
  CHECK_THAT(text,
             ContainsSubstring("  linkStyle 0 stroke:#b3261e\n  linkStyle 5 stroke:#3b5bdb,"));
  CHECK_THAT(text, ContainsSubstring("<br/>drops 6/s mailbox_full\"| "));
}

TEST_CASE("mermaid: an address is text, whatever it holds") {
  auto plan = chain();
  for (auto& stage : plan.stages)
    for (auto& [parameter, value] : stage.parameters)
      if (parameter->name == "connect") value = Texts{"ipc://\"]; `x` <b> #35; {k} \x1b"};
  CHECK_THAT(
      to_mermaid(draw({{&plan, {}, {}}})),
      ContainsSubstring("connects to ipc://#34;#93;#59; #96;x#96; #60;b#62; #35;35#59; #123;k#125; "
                        "#92;u001b\"]"));
}
