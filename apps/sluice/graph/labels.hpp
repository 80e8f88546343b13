// What a run's figures say of each stage and each mailbox, in a few short lines. A picture at rest
// (--report) and the page that shows a running graph have them from here.
#pragma once

#include <sluice/graph/plan.hpp>
#include <sluice/observe/report.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::app {

// How it goes with a stage, or with a mailbox (`fine` and `lossy` only). to_string() is the class
// of the element in the picture.
enum class State {
  idle,        // nothing came
  fine,        //
  busy,        // works for at least kBusy of the time
  overloaded,  // and frames are dropped in front of it, or wait longer than they take
  failed,      // frames failed in it, it was restarted, or it has given up
  lossy,       // the mailbox dropped frames
};
std::string_view to_string(State state);

// The share of the time from which a stage is busy.
inline constexpr double kBusy = 0.7;

struct Label {
  std::string id;                  // of the picture's element: "stage-motion", "mailbox-motion"
  std::vector<std::string> lines;  // as many each time for one id of one plan; some may be empty
  State state = State::fine;
};

// A label for each stage, and for each mailbox that frames come through; in the plan's order. For
// what happened of late, give it the difference of two reports (`since`). Rates are by the second,
// of the report's whole time. Stages that the report doesn't have are idle.
std::vector<Label> labels_of(const Plan& plan, const Report& report);

// The same labels with texts as wide as any that labels_of() gives but for the rarest: a picture
// drawn with them has room for what is put there later.
std::vector<Label> widest_labels(const Plan& plan);

}  // namespace sluice::app
