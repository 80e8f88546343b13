// `sluice time GRAPH` as users call it, in a process of its own.

#include <csignal>

#include "catch.hpp"
#include "eventually.hpp"
#include "process.hpp"

using namespace test;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Two cameras for about two seconds. What 'late' gets is always too old.
std::string graph_in(const Folder& folder) {
  return folder.write("two.toml", R"([stage.porch]
type = "capture.synthetic"
source = "porch"
width = 320
height = 240
rate = 50
frames = 100

[stage.garden]
type = "capture.synthetic"
source = "garden"
width = 320
height = 240
rate = 25
frames = 50

[stage.jpeg]
type = "encode.jpeg"
from = ["porch", "garden"]

[stage.late]
type = "sink.discard"
from = "jpeg"
mailbox = { max_age = "1us" }

[stage.end]
type = "sink.discard"
from = "jpeg"
)");
}

// The one child of a process, as soon as there is one; -1 if none comes.
int child_of(Process& process) {
  const auto pid = std::to_string(process.pid());
  std::string children;
  eventually([&] {
    children = read_text("/proc/" + pid + "/task/" + pid + "/children");
    return !children.empty() || process.wait(std::chrono::seconds(0)) != -1;
  });
  return children.empty() ? -1 : std::stoi(children);
}

// Gone, or only there for its parent to read its status.
bool is_gone(int pid) {
  const auto stat = read_text("/proc/" + std::to_string(pid) + "/stat");
  return stat.empty() || has(stat, ") Z ");
}

}  // namespace

TEST_CASE("time: figures for every stage and source, without the warm-up and the tail") {
  const Folder folder;
  const auto file = (folder.path() / "figures.json").string();
  const auto page = (folder.path() / "figures.html").string();
  Process process(sluice({"time", graph_in(folder), "--for", "60s", "--warmup", "500ms", "--json",
                          file, "--html", page}));
  REQUIRE(process.wait() == 0);
  INFO(process.out());
  CHECK(process.err().empty());
  const auto measured = read_json(file);
  CHECK(measured["graph"] == "two");
  CHECK(measured["machine"]["cores"] >= 1);
  REQUIRE(measured["variants"].size() == 1);
  CHECK(measured["variants"][0]["runs"].size() == 1);
  CHECK(measured["comparisons"].empty());
  const auto& run = measured["variants"][0]["middle"];
  CHECK(run["last"] == "end");
  CHECK(run["cpu_ms_per_frame"] > 0);
  CHECK(run["memory"]["peak_bytes"] >= run["memory"]["at_the_end_bytes"]);
  const auto html = read_text(page);
  for (const char* name : {"porch", "garden", "jpeg", "late", "end"}) {
    INFO(name);
    const auto& stage = run["stages"][name];
    CHECK(stage["fps"] >= 0);
    CHECK(has(process.out(), std::string("\n") + name + " "));
    CHECK(has(html, std::string(">") + name + "<"));
    if (name == std::string("late")) continue;
    // Some of them all: what came in the warm-up is left out.
    CHECK(stage["frames"] > 0);
    CHECK(stage["frames"] < (name == std::string("porch")    ? 100
                             : name == std::string("garden") ? 50
                                                             : 150));
    CHECK(stage["age_ms"]["p50"] <= stage["age_ms"]["max"]);
    CHECK(has(stage["age_ms"]["slowest"].get<std::string>(), " #"));
  }
  for (const char* name : {"jpeg", "end"}) {
    const auto& stage = run["stages"][name];
    const auto &porch = stage["sources"]["porch"], &garden = stage["sources"]["garden"];
    CHECK(porch["frames"] > 0);
    CHECK(garden["frames"] > 0);
    // Read one after the other while the graph runs.
    CHECK(std::abs(porch["age_ms"]["count"].get<int>() + garden["age_ms"]["count"].get<int>() -
                   stage["age_ms"]["count"].get<int>()) <= 2);
  }
  CHECK(run["stages"]["late"]["frames"] == 0);
  CHECK(run["stages"]["late"]["dropped"]["too_old"] > 0);
  CHECK(has(process.out(), " too_old"));
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  CHECK_FALSE(run["stages"]["jpeg"].contains("allocations_per_frame"));
#else
  CHECK(run["stages"]["jpeg"]["allocations_per_frame"] > 0);
#endif
}

TEST_CASE("time --vary: the variants take turns, in alternating order, and each has its runs") {
  const Folder folder;
  const auto file = (folder.path() / "figures.json").string();
  Process process(sluice({"time", "--vary", "stage.jpeg.quality=30,90", graph_in(folder),
                          "--warmup", "100ms", "--for", "300ms", "--repeat", "2", "--json", file}));
  REQUIRE(process.wait() == 0);
  CHECK(process.err() ==
        "run 1 of 2: stage.jpeg.quality=30\nrun 1 of 2: stage.jpeg.quality=90\n"
        "run 2 of 2: stage.jpeg.quality=90\nrun 2 of 2: stage.jpeg.quality=30\n");
  const auto measured = read_json(file);
  REQUIRE(measured["variants"].size() == 2);
  for (const auto& variant : measured["variants"]) CHECK(variant["runs"].size() == 2);
  REQUIRE(measured["comparisons"].size() == 1);
  CHECK_FALSE(measured["comparisons"][0]["figures"].empty());
  CHECK(has(process.out(), "stage.jpeg.quality=90 against stage.jpeg.quality=30\n  frames/s: "));
}

TEST_CASE("time: Ctrl-C ends it and tells what there is by then") {
  const Folder folder;
  Process process(sluice({"time", graph_in(folder), "--warmup", "100ms", "--for", "300ms", "--vary",
                          "stage.jpeg.quality=30,90", "--repeat", "1000"}));
  REQUIRE(process.says("run 2 of 1000: stage.jpeg.quality=90"));
  const int child = child_of(process);
  process.signal(SIGINT);
  CHECK(process.wait() == 0);
  CHECK(is_gone(child));
  CHECK(has(process.err(), "ended by a signal"));
  CHECK(has(process.out(), "stage.jpeg.quality=30, "));
  CHECK(has(process.out(), "stage.jpeg.quality=90 against stage.jpeg.quality=30"));
  CHECK_FALSE(has(process.err(), "run 1000 of 1000"));
}

TEST_CASE("time: a run does not outlive who wanted its figures") {
  const Folder folder;
  Process process(sluice({"time", graph_in(folder), "--set", "stage.porch.frames=0"}));
  const int child = child_of(process);
  REQUIRE(child > 0);
  process.signal(SIGKILL);
  process.wait();
  CHECK(eventually([&] { return is_gone(child); }));
}

TEST_CASE("time: a run without figures says why and what to do") {
  const Folder folder;
  Process early(sluice({"time", graph_in(folder), "--warmup", "1h", "--set", "stage.porch.frames=1",
                        "--set", "stage.garden.frames=1"}));
  CHECK(early.wait() == 1);
  CHECK(has(early.err(), "shorter --warmup"));
  CHECK(early.out().empty());
  const auto broken = folder.write("broken.toml", R"([stage.camera]
type = "capture.video"
uri = "/no/such.avi"
[stage.end]
type = "sink.discard"
from = "camera"
)");
  Process failing(sluice({"time", broken}));
  CHECK(failing.wait() == 1);
  CHECK(has(failing.err(), "/no/such.avi"));
  CHECK(failing.out().empty());
}

TEST_CASE("time: what is wrong with any variant is told before one is run") {
  const Folder folder;
  const auto graph = graph_in(folder);
  struct Case {
    std::vector<std::string> arguments;
    const char* says;
  };
  const std::vector<Case> cases{
      {{"--vary", "stage.jpeg.quality=50,500"}, "quality"},
      {{"--vary", "stage.jpeg.qualty=50,60"}, "did you mean 'quality'?"},
      {{"--vary", "stage.jpg.quality=50"}, "did you mean 'jpeg'?"},
      {{"--vary", "stage.jpeg.quality"}, "KEY=VALUE,VALUE"},
      {{"--vary", "stage.jpeg.quality=50,,60"}, "a value is empty"},
      {{"--for", "soon"}, "--for takes a duration"},
      {{"--warmup", "soon"}, "--warmup takes a duration"},
      {{"--repeat", "0"}, "--repeat"},
  };
  for (const auto& c : cases) {
    auto arguments = c.arguments;
    arguments.insert(arguments.begin(), {"time", graph});
    Process process(sluice(arguments));
    CHECK(process.wait() == 2);
    INFO(process.err());
    CHECK(has(process.err(), c.says));
    CHECK_FALSE(has(process.err(), "run 1 of"));
    CHECK(process.out().empty());
  }
  Process nothing(sluice({"time"}));
  CHECK(nothing.wait() == 2);
  CHECK(has(nothing.err(), "which graph?"));
}

TEST_CASE("time: a file that can't be written is told before anything is run") {
  const Folder folder;
  Process process(sluice({"time", graph_in(folder), "--warmup", "100ms", "--for", "200ms", "--html",
                          "/no/such/folder/page.html"}));
  CHECK(process.wait() == 1);
  CHECK(has(process.err(), "cannot write /no/such/folder/page.html"));
  CHECK(process.out().empty());
}
