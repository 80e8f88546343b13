// sluice graph as it is called: formats, files, devices, reports, and what it says is wrong.

#include <sys/stat.h>

#include "contains.hpp"
#include "drawing_help.hpp"
#include "process.hpp"
#include "skip.hpp"

using namespace drawing_help;

namespace {

struct Result {
  int status;
  std::string out, err;
};

Result run(std::vector<std::string> command) {
  test::Process process(std::move(command));
  const int status = process.wait();
  return {status, process.out(), process.err()};
}

Result graph(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "graph");
  return run(test::sluice(arguments));
}

const std::string kGraph = R"(
name = "small"
[stage.camera]
type = "capture.synthetic"
[stage.end]
type = "sink.discard"
from = "camera"
[device.porch.stage.end.mailbox]
capacity = 9
)";

}  // namespace

TEST_CASE("graph: the format is what is asked for, else what the file ends in, else SVG") {
  const test::Folder folder;
  const auto file = folder.write("small.toml", kGraph);
  const auto at = [&](const std::string& name) { return (folder.path() / name).string(); };
  CHECK(graph({file}).out.starts_with("<svg "));
  CHECK(graph({file, "--format", "dot"}).out.starts_with("digraph "));
  CHECK(graph({file, "--format", "mermaid"}).out.starts_with("flowchart LR\n"));
  CHECK(graph({file, "--format", "mermaid", "--down"}).out.starts_with("flowchart TB\n"));
  CHECK(graph({file, "--format", "png"}).out.starts_with("\x89PNG"));
  for (const auto& [name, begin] :
       std::vector<std::pair<std::string, std::string>>{{"a.svg", "<svg "},
                                                        {"a.png", "\x89PNG"},
                                                        {"a.dot", "digraph "},
                                                        {"a.mmd", "flowchart "},
                                                        {"a.picture", "<svg "}}) {
    const auto result = graph({file, "-o", at(name)});
    CHECK(result.status == 0);
    CHECK(result.out.empty());
    CHECK(result.err.empty());
    CHECK(test::read_text(at(name)).starts_with(begin));
  }
  CHECK(graph({file, "-o", at("b.txt"), "--format", "dot"}).status == 0);
  CHECK(test::read_text(at("b.txt")).starts_with("digraph "));
}

TEST_CASE("graph: GRAPH@DEVICE is the graph on that device, and settings hold for it") {
  const test::Folder folder;
  const auto file = folder.write("small.toml", kGraph);
  const auto here = graph({file, "--device", "cellar", "--format", "mermaid"}).out;
  CHECK_THAT(here, ContainsSubstring("small on cellar") && ContainsSubstring("block 4"));
  const auto both = graph({file + "@porch", file, "--device", "cellar", "--format", "mermaid"}).out;
  CHECK_THAT(both, ContainsSubstring("small on porch") && ContainsSubstring("small on cellar") &&
                       ContainsSubstring("block 9") && ContainsSubstring("block 4"));
  CHECK_THAT(graph({file, "--set", "stage.end.mailbox.capacity=5", "--format", "mermaid"}).out,
             ContainsSubstring("block 5"));
}

TEST_CASE("graph: a run's report colours it, and one of another graph is refused") {
  const test::Folder folder;
  const auto file = folder.write("small.toml", kGraph);
  const auto report = (folder.path() / "run.json").string();
  REQUIRE(run(test::sluice({"run", file, "--device", "porch", "--quiet", "--report", report,
                            "--set", "stage.camera.frames=20", "--set", "stage.camera.rate=0"}))
              .status == 0);
  const auto drawn = graph({file + "@porch", "--report", report});
  CHECK(drawn.err.empty());
  REQUIRE(drawn.status == 0);
  const auto elements = elements_of(drawn.out);
  CHECK(element(elements, "graph-1").texts.size() == 2);
  CHECK_THAT(element(elements, "stage-camera").texts.back(), ContainsSubstring("frames/s"));
  CHECK_THAT(element(elements, "mailbox-end").texts.back(), ContainsSubstring("frames/s"));

  const auto says = [&](const std::vector<std::string>& graphs, const std::string& path) {
    auto arguments = graphs;
    arguments.insert(arguments.end(), {"--report", path});
    const auto result = graph(arguments);
    CHECK(result.status == 1);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK_THAT(says({"demo@demo"}, report),
             ContainsSubstring(
                 "run.json is the report of 'small' on 'porch', which is not in the picture; "
                 "there is 'demo' on 'demo'"));
  // It is of neither, and which of the two is meant can't be told.
  CHECK_THAT(says({file + "@a", file + "@b"}, report),
             ContainsSubstring("there is 'small' on 'a', 'small'"));
  const auto other = folder.write("other.toml", kGraph + R"([stage.log]
type = "log.events"
)");
  CHECK_THAT(says({other}, report), ContainsSubstring("is the report of another graph 'small'") &&
                                        ContainsSubstring("'log'"));
  CHECK_THAT(says({file}, folder.write("half.json", test::read_text(report).substr(0, 300))),
             ContainsSubstring("half.json is no report: it is no JSON object"));
  CHECK_THAT(says({file}, folder.write("field.json", R"({"graph": "small"})")),
             ContainsSubstring("field.json is no report: 'device' is missing"));
  CHECK_THAT(says({file}, (folder.path() / "none.json").string()),
             ContainsSubstring("cannot read") && ContainsSubstring("No such file"));
  CHECK_THAT(says({file}, folder.path().string()),
             ContainsSubstring("cannot read") && ContainsSubstring("Is a directory"));
  CHECK_THAT(graph({file, "--report", report, "--report", report}).err,
             ContainsSubstring("a second report of 'small'"));
}

TEST_CASE("graph: what is wrong with the call or the graphs, and all of it") {
  const test::Folder folder;
  const auto file = folder.write("small.toml", kGraph);
  const auto says = [&](const std::vector<std::string>& arguments) {
    const auto result = graph(arguments);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK_THAT(says({"no-such"}), ContainsSubstring("no-such-graph"));
  const auto broken = folder.write("broken.toml", R"(
[stage.camera]
type = "capture.synthetic"
sorce = "a"
[stage.end]
type = "sink.discard"
from = "camra"
)");
  CHECK_THAT(says({broken, "no-such", file}), ContainsSubstring("unknown-key") &&
                                                  ContainsSubstring("no-such-stage") &&
                                                  ContainsSubstring("no-such-graph"));
  CHECK_THAT(says({file, "--format", "jpeg"}),
             ContainsSubstring("there is no format 'jpeg'; there are svg, png, dot and mermaid"));
  CHECK_THAT(says({file, "--format", "svg", "-o", "a.png"}),
             ContainsSubstring("contradict each other"));
  CHECK_THAT(says({file + "@porch", "--set", "stage.no.key=1"}),
             ContainsSubstring("no stage 'no'"));
}

TEST_CASE("graph: a file that can't be written, and one that is left as it was") {
  const test::Folder folder;
  const auto file = folder.write("small.toml", kGraph);
  const auto nowhere = graph({file, "-o", (folder.path() / "no" / "a.dot").string()});
  CHECK(nowhere.status == 1);
  CHECK_THAT(nowhere.err,
             ContainsSubstring("cannot write") && ContainsSubstring("is there such a folder?"));
  const auto full =
      run({"/bin/sh", "-c", test::binary() + " graph " + file + " --format dot > /dev/full"});
  CHECK(full.status == 1);
  CHECK_THAT(full.err, ContainsSubstring("cannot write to standard output: No space left"));

  // dot fails: the picture that was there stays.
  const auto picture = folder.write("a.svg", "before");
  chmod(folder.write("dot", "#!/bin/sh\necho no >&2\nexit 1\n").c_str(), 0755);
  const auto failed = run({"/usr/bin/env", "PATH=" + folder.path().string(), test::binary(),
                           "graph", file, "-o", picture});
  CHECK(failed.status == 1);
  CHECK(failed.err == "sluice: dot failed (exit status 1): no\n");
  CHECK(test::read_text(picture) == "before");
}

TEST_CASE("graph: without Graphviz, DOT and Mermaid are there") {
  const test::Folder folder;
  const auto file = folder.write("small.toml", kGraph);
  const auto call = [&](const std::string& format) {
    return run({"/usr/bin/env", "PATH=" + folder.path().string(), test::binary(), "graph", file,
                "--format", format});
  };
  for (const auto* format : {"svg", "png"}) {
    const auto result = call(format);
    CHECK(result.status == 1);
    CHECK_THAT(result.err, ContainsSubstring("dot is missing: apt-get install graphviz"));
  }
  for (const auto* format : {"dot", "mermaid"}) CHECK(call(format).status == 0);
}

TEST_CASE("graph: no PNG on a terminal") {
  const auto script = test::need_file("/usr/bin/script", "bsdutils");
  const auto result = run({script.string(), "--quiet", "--return", "--command",
                           test::binary() + " graph configs/demo.toml --format png", "/dev/null"});
  CHECK(result.status == 2);
  CHECK_THAT(result.out, ContainsSubstring("a PNG is nothing for a terminal; write it to a file"));
}
