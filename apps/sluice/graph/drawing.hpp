// One graph or several as boxes and lines, before any picture format: what is drawn, not where.
//
// Every element has an id, the same each time, by which a page finds it in the SVG:
//
//   stage-NAME              a stage's box, class "stage", and its state if it has one
//   mailbox-NAME            the line into a stage that tells of its mailbox, class "mailbox"
//   link-FROM.OUTPUT-NAME   a line between stages that has no mailbox of its own: one of several
//                           that share it, or events; class "link" or "events"; where two of them
//                           lead to several inputs, ".INPUT" follows
//   queue-NAME              the point where the links that share NAME's mailbox meet, class "queue"
//   join-N                  from a connect to the bind that it meets, class "join"
//   group-NAME              the frame around stages of one family, the first of which is NAME,
//                           class "family"
//   graph-N                 the frame around a graph, class "device"
//
// In a picture of several graphs, all but the last, and joins, have "g1-", "g2-", ... before, in
// the order they are drawn in. Inside of an element's group, each line of text is a <text> of its
// own, and the lines of its Label are the last ones.
#pragma once

#include <sluice/graph/plan.hpp>
#include <string>
#include <vector>

#include "graph/labels.hpp"

namespace sluice::app {

struct Drawing {
  // Lines that follow the fixed ones, and the class that goes with them; empty without a report.
  struct Figures {
    std::vector<std::string> lines;
    std::string state;
  };

  struct Stage {
    std::string id, name, type;
    std::vector<std::string> notes;  // addresses, workers, what else sets it apart
    Figures figures;
  };
  // Stages of one family, side by side or linked to each other.
  struct Group {
    std::string id, family;
    std::vector<Stage> stages;
  };
  struct Graph {
    std::string id, name, device;
    std::string sentence;  // what holds it up; empty without a report
    std::vector<Group> groups;
    std::vector<std::string> queues;  // ids of the points where links meet in front of a mailbox
  };
  enum class LineKind { mailbox, link, events, join };
  struct Line {
    std::string id;
    LineKind kind = LineKind::link;
    std::string from, to;  // ids of stages or queues
    std::vector<std::string> texts;
    Figures figures;
  };

  std::vector<Graph> graphs;
  std::vector<Line> lines;
};

// What one graph brings to a drawing.
struct DrawnPlan {
  const Plan* plan = nullptr;
  std::vector<Label> labels;  // none: a graph at rest
  std::string sentence;
};

// "pi on pi-garage"; "hub" on a device of that name.
std::string title_of(const Drawing::Graph& graph);

// "jpeg, png"; "any frame", "any image", "any picture, jpeg" where all of these are in it.
std::string kinds_text(Kinds kinds);

// The id of a line that has no mailbox of its own, in a picture of this graph alone.
std::string link_id(const Plan& plan, const StagePlan& to, const LinkPlan& link);

// Graphs are joined where an address that one connects to meets one that another, or itself, binds.
Drawing draw(const std::vector<DrawnPlan>& plans);

}  // namespace sluice::app
