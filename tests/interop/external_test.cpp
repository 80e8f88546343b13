// Stages in Python: the one that `sluice new-stage --python` makes, and those in the documentation.

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <sluice/testkit.hpp>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;
using sluice::testkit::StageTest;

namespace {

// The interpreter that has what the programs need.
std::string interpreter() { return python("", {})[0]; }

// sluice, started in `folder`, where that interpreter is the first python3.
std::vector<std::string> sluice_in(const std::filesystem::path& folder,
                                   std::vector<std::string> arguments) {
  const auto bin = std::filesystem::path(interpreter()).parent_path().string();
  std::vector<std::string> command{
      "/usr/bin/env", "-C", folder.string(), fmt::format("PATH={}:{}", bin, std::getenv("PATH")),
      fmt::format("DEMO_PORT={}", free_address().substr(std::string("127.0.0.1:").size()))};
  const auto call = test::sluice(std::move(arguments));
  command.insert(command.end(), call.begin(), call.end());
  return command;
}

// The folder that `sluice new-stage --python` makes.
std::filesystem::path made_in(const Folder& folder, const std::string& name) {
  Process process(sluice_in(folder.path(), {"new-stage", "--python", name}));
  REQUIRE(process.wait() == 0);
  return folder.path() / name;
}

sluice::FramePtr gradient(std::uint64_t sequence) {
  cv::Mat pixels(12, 16, CV_8UC3);
  for (int y = 0; y < pixels.rows; ++y)
    for (int x = 0; x < pixels.cols; ++x)
      pixels.at<cv::Vec3b>(y, x) =
          cv::Vec3b(cv::saturate_cast<uchar>(10 * y), cv::saturate_cast<uchar>(x), 7);
  return sluice::testkit::make_frame(pixels, "cam", sequence);
}

// What a program makes of three pictures.
std::vector<sluice::FramePtr> made_by(const std::string& program) {
  const Folder folder;
  StageTest test("external.process",
                 {{"command", std::vector<std::string>{interpreter(), "-u",
                                                       folder.write("program.py", program)}}},
                 &sluice::Clock::system());
  for (std::uint64_t i = 0; i < 3; ++i) test.queue(gradient(i));
  test.end_inputs();
  test.run();
  return test.frames();
}

// The programs in the documentation, in their order.
std::vector<std::string> documented() {
  const auto text = read_text(SLUICE_SOURCE_DIR "/docs/authors-python.md");
  const std::string begin = "```python\n";
  std::vector<std::string> programs;
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    programs.push_back(text.substr(at, text.find("```", at) - at));
  }
  return programs;
}

}  // namespace

TEST_CASE("a stage in Python as it is made, which is the documented one, inverts pictures") {
  const Folder folder;
  const auto program = read_text(made_in(folder, "invert") / "invert.py");
  CHECK(program == documented().at(0));
  const auto frames = made_by(program);
  REQUIRE(frames.size() == 3);
  for (std::uint64_t i = 0; i < frames.size(); ++i) {
    CHECK(frames[i]->sequence == i);
    const cv::Mat expected = cv::Scalar::all(255) - gradient(i)->image()->mat();
    CHECK(cv::norm(frames[i]->image()->mat(), expected, cv::NORM_INF) == 0);
  }
}

TEST_CASE("the documented detector in Python annotates pictures, which stay as they were") {
  const auto frames = made_by(documented().at(1));
  REQUIRE(frames.size() == 3);
  for (const auto& frame : frames) {
    REQUIRE(frame->annotations.size() == 1);
    const auto& found = frame->annotations[0];
    CHECK(found.label == "brightest");
    // The last row is the brightest, and its first pixel comes first.
    CHECK(found.box.y == Approx(11.0 / 12 - 0.05));
    CHECK(cv::norm(frame->image()->mat(), gradient(0)->image()->mat(), cv::NORM_INF) == 0);
  }
}

TEST_CASE("the graph that comes with a stage in Python runs, whatever the stage is called") {
  for (const std::string name : {"invert", "camera", "show"}) {
    INFO(name);
    const Folder folder;
    const auto made = made_in(folder, name);
    const auto report = (folder.path() / "report.json").string();
    const std::string camera = name == "camera" ? "camera-2" : "camera";
    const std::string show = name == "show" ? "show-2" : "show";
    std::vector<std::string> call{"run", name + ".toml", "--report", report};
    for (const auto& set :
         {"stage." + show + ".listen=127.0.0.1:0", "stage." + camera + ".frames=20",
          "stage." + camera + ".rate=0", "stage." + name + ".mailbox.when_full=block",
          "stage." + show + ".mailbox.when_full=block"})
      call.insert(call.end(), {"--set", set});
    Process process(sluice_in(made, call));
    const int status = process.wait();  // by itself, as there are no more frames
    INFO(process.err());
    REQUIRE(status == 0);
    const auto stages = read_json(report)["stages"];
    CHECK(stages[name]["out"] == 20);
    CHECK(stages[show]["in"] == 20);
  }
}

TEST_CASE("a stage in Python runs inside configs/demo.toml, and motion is still found behind it") {
  const Folder folder;
  const auto made = made_in(folder, "invert");
  const auto report = (folder.path() / "report.json").string();
  folder.write("invert/demo-python.toml", "include = \"" SLUICE_SOURCE_DIR
                                          "/configs/demo.toml\"\n"
                                          R"(
[stage.invert]
type    = "external.process"
from    = "decode"
command = ["python3", "-u", "invert.py"]

[stage.motion]
from = "invert"
)");
  Process demo(
      sluice_in(made, {"run", "demo-python.toml", "--report", report, "--set",
                       "stage.show.listen=127.0.0.1:0", "--set", "dashboard.listen=127.0.0.1:0"}));
  const bool moved = demo.says("motion.began");
  INFO(demo.err());
  REQUIRE(moved);
  demo.signal(SIGTERM);
  REQUIRE(demo.wait() == 0);
  const auto stages = read_json(report)["stages"];
  INFO(stages.dump(2));
  CHECK(stages["invert"]["out"] > 0);
  CHECK(stages["invert"]["failed"] == 0);
  CHECK(stages["invert"]["restarts"] == 0);
  CHECK(stages["invert"]["sources"].size() == 3);
  // All that motion saw has come through the stage.
  CHECK(stages["motion"]["in"] <= stages["invert"]["out"]);
  CHECK(stages["motion"]["in"] > 0);
}

TEST_CASE("a stage in Python that throws says in the log why, and is restarted") {
  const Folder folder;
  folder.write("broken.py", "import no_such_module\n");
  const auto graph = folder.write("graph.toml", R"(
[stage.camera]
type = "capture.synthetic"
[stage.mine]
type    = "external.process"
from    = "camera"
command = ["python3", "-u", "broken.py"]
restart = { at_most = 1 }
[stage.end]
type = "sink.discard"
from = "mine"
)");
  Process process(sluice_in(folder.path(), {"run", graph}));
  CHECK(process.wait() == 1);
  const auto said = process.err();
  INFO(said);
  CHECK(said.find("failed: python3 ended with status 1: ModuleNotFoundError: No module named "
                  "'no_such_module'; restart 1 of 1 in 100ms") != std::string::npos);
  CHECK(said.find("stage 'mine' has given up") != std::string::npos);
}
