// The example in <sluice/stage.hpp>'s first comment is this code, to the letter, and it works.

// clang-format off
// begin
#include <sluice/stage.hpp>
#include <opencv2/core.hpp>

struct Invert : sluice::Stage {
  static void declare(sluice::Declare<Invert>& d) {
    d.summary("Inverts every pixel");
    d.input(sluice::Kind::gray8 | sluice::Kind::bgr8).output_same();
  }
  void process(const sluice::FramePtr& frame, sluice::Context& context) override {
    cv::Mat inverted;
    cv::bitwise_not(frame->image()->mat(), inverted);
    context.emit(frame->with(sluice::Image(frame->kind(), inverted)));
  }
};
SLUICE_STAGE(Invert, "image.invert");
// end
// clang-format on

#include <fstream>
#include <sluice/testkit.hpp>

#include "catch.hpp"

namespace {

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("the stage in the documentation inverts pixels") {
  sluice::testkit::StageTest test("image.invert");
  test.send(sluice::testkit::make_frame(cv::Mat(2, 2, CV_8UC1, cv::Scalar(10)), "cam", 3));
  REQUIRE(test.frames().size() == 1);
  CHECK(test.frames()[0]->image()->mat().at<std::uint8_t>(0, 0) == 245);
  CHECK(test.frames()[0]->sequence == 3);
}

TEST_CASE("the documentation shows the code that is tested") {
  std::vector<std::string> shown, tested;
  for (const auto& line : lines_of(SLUICE_SOURCE_DIR "/framework/sluice/stage.hpp")) {
    if (line == "#pragma once") break;
    if (line.rfind("//   ", 0) == 0) shown.push_back(line.substr(5));
    if (line == "//" && !shown.empty()) shown.emplace_back();
  }
  bool inside = false;
  for (const auto& line : lines_of(SLUICE_SOURCE_DIR "/tests/framework/stage_example_test.cpp")) {
    if (line == "// end") break;
    if (inside) tested.push_back(line);
    inside = inside || line == "// begin";
  }
  CHECK(shown == tested);
  CHECK(shown.size() <= 40);
}
