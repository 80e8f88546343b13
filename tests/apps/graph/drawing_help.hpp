// For the tests of pictures: plans from texts, reports that are made up, and what is in an SVG.
#pragma once

#include <map>
#include <sluice/graph/load.hpp>
#include <sluice/observe/report.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

namespace drawing_help {

using namespace sluice;
using Texts = std::vector<std::string>;

// The plan of a graph that is right, as on the device "here".
Plan plan_of(const std::string& text);

// camera > jpeg > slow > end, where `slow` has a mailbox that blocks, jpeg > uplink, which sends,
// and events, which hears all.
Plan chain();

// Ten seconds of a graph in which nothing came; its stages as the plan has them.
Report silence(const Plan& plan);

// The stage's part, to be filled in.
StageReport& of(Report& report, const std::string& stage);

// Frames in, and those of them dropped for this cause; the rest went out, each after `ms` of work.
void count(StageReport& stage, std::uint64_t in, std::uint64_t dropped, const std::string& cause,
           double ms = 0);

// One element of an SVG that has an id.
struct Element {
  std::string id, classes;
  Texts texts;
};
// In the order of the SVG, their entities decoded. Fails the test where tags don't match.
std::vector<Element> elements_of(const std::string& svg);

const Element& element(const std::vector<Element>& all, const std::string& id);

}  // namespace drawing_help
