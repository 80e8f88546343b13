// sluice new-stage: what it writes builds, passes its test and runs, as docs/authors.md says; with
// the Sluice of a build tree and with an installed one.

#include <algorithm>
#include <csignal>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "process.hpp"

using test::Folder;
using test::Process;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

const fs::path kBuild = fs::path(test::binary()).parent_path();

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// In a folder, with the sluice in `bin` as `sluice`; nobody else may write what it makes.
std::vector<std::string> shell(const fs::path& folder, const fs::path& bin,
                               const std::string& script) {
  return {
      "/bin/sh",
      "-ec",
      "umask 022; cd \"$1\"; PATH=\"$2:$PATH\"; export CMAKE_EXPORT_COMPILE_COMMANDS=ON\n" + script,
      "sh",
      folder.string(),
      bin.string()};
}

void expect_good(Process& process) {
  const int status = process.wait(800s);
  INFO(process.out() << process.err());
  REQUIRE(status == 0);
}

// The commands of docs/authors.md but for the last, `sluice run`; `new_stage` in place of the
// first.
std::string commands(const std::string& new_stage) {
  const auto page = test::read_text(SLUICE_SOURCE_DIR "/docs/authors.md");
  const auto begin = page.find("```sh\n") + 6;
  auto lines = lines_of(page.substr(begin, page.find("```", begin) - begin));
  REQUIRE(lines.size() == 4);
  CHECK(lines.front() == "sluice new-stage blur");
  CHECK(lines.back() == "sluice run blur.toml");
  std::string script = new_stage;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) script += "\n" + lines[i];
  return script;
}

// Follows the page with another first line, then runs the graph for `frames`. What it printed is
// `out`.
nlohmann::json follow(const Folder& folder, const fs::path& bin, const std::string& new_stage,
                      const std::string& run_options, std::string* out = nullptr) {
  Process build(shell(folder.path(), bin, commands(new_stage)));
  expect_good(build);
  CHECK(has(build.out(), "100% tests passed, 0 tests failed out of 1"));
  Process run(shell(folder.path() / "blur", bin,
                    "exec sluice run blur.toml --report report.json " + run_options));
  expect_good(run);
  if (out) *out = run.out();
  return test::read_json(folder.path() / "blur/report.json")["stages"];
}

const std::string kFrames = " --set stage.camera.frames=30 --set stage.camera.rate=0 ";

std::string page() { return " --set stage.page.listen=" + test::free_address(); }

// What is installed below include/sluice.
std::set<std::string> headers_in(const fs::path& prefix) {
  std::set<std::string> headers;
  const auto top = prefix / "include/sluice";
  for (const auto& entry : fs::recursive_directory_iterator(top))
    if (entry.is_regular_file()) headers.insert(fs::relative(entry.path(), top).string());
  return headers;
}

}  // namespace

TEST_CASE("new-stage: pictures to pictures, with the Sluice of a build tree") {
  const Folder folder;
  const auto stages = follow(folder, kBuild, "sluice new-stage blur", kFrames + page());
  CHECK(stages["blur"]["type"] == "my.blur");
  CHECK(stages["blur"]["out"] > 0);
  CHECK(stages["page"]["in"] > 0);

  // The same plugin inside the shipped demo, before motion detection.
  folder.write("blur/demo-blur.toml", "include = \"" SLUICE_SOURCE_DIR
                                      "/configs/demo.toml\"\n"
                                      R"(plugins = ["build/libblur.so"]
[stage.blur]
type = "my.blur"
from = "decode"
[stage.motion]
from = "blur"
)");
  const auto port = test::free_address().substr(std::string("127.0.0.1:").size());
  Process demo(shell(folder.path() / "blur", kBuild,
                     "export DEMO_PAGE=127.0.0.1:0 DEMO_PORT=" + port +
                         "\nexec sluice run demo-blur.toml --report demo.json"));
  const bool moved = demo.says("motion.began");
  INFO(demo.err());
  REQUIRE(moved);
  demo.signal(SIGTERM);
  REQUIRE(demo.wait() == 0);
  const auto in_demo = test::read_json(folder.path() / "blur/demo.json")["stages"];
  CHECK(in_demo["blur"]["out"] > 0);
  CHECK(in_demo["blur"]["failed"] == 0);
  CHECK(in_demo["motion"]["in"] > 0);
}

TEST_CASE("new-stage: pictures to events") {
  const Folder folder;
  std::string printed;
  const auto stages = follow(folder, kBuild, "sluice new-stage blur --out events",
                             kFrames + "--set stage.blur.mailbox.when_full=block", &printed);
  CHECK(stages["blur"]["in"] == 30);
  REQUIRE(lines_of(printed).size() == 1);
  CHECK(nlohmann::json::parse(printed)["event"] == "blur.measured");
}

TEST_CASE("new-stage: JPEGs to JPEGs, in folders that the user's own group may write") {
  const Folder folder;
  const auto stages =
      follow(folder, kBuild,
             "[ \"$(id -gn)\" != \"$(id -un)\" ] || umask 002; sluice new-stage blur --in jpeg",
             kFrames + "--set mailbox.when_full=block --set stage.blur.every=3" + page());
  CHECK(stages["blur"]["out"] == 10);
  CHECK(stages["blur"]["dropped"]["thinned_out"] == 20);
}

TEST_CASE("new-stage: JPEGs to events") {
  const Folder folder;
  std::string printed;
  follow(folder, kBuild, "sluice new-stage blur --in jpeg --out events",
         kFrames + "--set mailbox.when_full=block", &printed);
  REQUIRE(lines_of(printed).size() == 1);
  CHECK(nlohmann::json::parse(printed)["bytes"] > 1000);
}

TEST_CASE("new-stage: a camera") {
  const Folder folder;
  const auto stages = follow(folder, kBuild, "sluice new-stage blur --in none",
                             "--for 2s --set stage.blur.rate=1000" + page());
  CHECK(stages["blur"]["out"] > 0);
}

TEST_CASE("new-stage, with an installed Sluice, and its headers alone") {
  const Folder folder;
  const auto prefix = folder.path() / "prefix";
  Process install(
      {"/usr/bin/env", "cmake", "--install", kBuild.string(), "--prefix", prefix.string()});
  expect_good(install);
  const auto headers = headers_in(prefix);

  // The test of the new stage includes each header once more.
  std::string includes;
  for (const auto& header : headers) includes += "#include <sluice/" + header + ">\n";
  folder.write("includes", includes);
  const auto stages =
      follow(folder, prefix / "bin", "sluice new-stage blur; cat includes >>blur/blur_test.cpp",
             kFrames + page());
  CHECK(stages["page"]["in"] > 0);
  const auto compiled = test::read_text(folder.path() / "blur/build/compile_commands.json");
  CHECK(has(compiled, (prefix / "include").string()));
  CHECK_FALSE(has(compiled, SLUICE_SOURCE_DIR "/framework"));

  // They are those that the page lists, and include no other libraries than OpenCV.
  const auto page_text = test::read_text(SLUICE_SOURCE_DIR "/docs/authors.md");
  std::set<std::string> listed;
  for (const auto& line : lines_of(page_text.substr(page_text.find("\n## Public headers"))))
    if (line.rfind("| `", 0) == 0) listed.insert(line.substr(3, line.find('`', 3) - 3));
  CHECK(headers == listed);
  for (const auto& header : headers)
    for (const auto& line : lines_of(test::read_text(prefix / "include/sluice" / header))) {
      if (line.rfind("#include", 0) != 0) continue;
      INFO(header << ": " << line);
      const auto name = line.substr(10, line.find_last_of(">\"") - 10);
      const bool ours = has(line, "#include <sluice/") && headers.count(name.substr(7)) == 1;
      CHECK(
          (ours || has(line, "#include <opencv2/core/") || name.find_first_of("./") == name.npos));
    }
}

TEST_CASE("new-stage writes stages of at most 40 lines") {
  const Folder folder;
  for (const char* kinds :
       {"", "--out events", "--in jpeg", "--in jpeg --out events", "--in none"}) {
    Process process(
        shell(folder.path(), kBuild, "rm -rf blur; sluice new-stage blur " + std::string(kinds)));
    expect_good(process);
    const auto stage = test::read_text(folder.path() / "blur/blur.cpp");
    CHECK(lines_of(stage).size() <= 40);
    CHECK(lines_of(stage).size() > 10);
    CHECK_FALSE(has(stage, "@"));
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder.path() / "blur"))
      files.insert(entry.path().filename().string());
    CHECK(files ==
          std::set<std::string>{"CMakeLists.txt", "blur.cpp", "blur.toml", "blur_test.cpp"});
  }
}

TEST_CASE("new-stage makes a graph that can be read, whatever the stage is called") {
  const Folder folder;
  for (const char* kinds : {"", "--out events", "--in jpeg", "--in jpeg --out events", "--in none"})
    for (const std::string name : {"camera", "jpeg", "page", "log"}) {
      INFO(name << " " << kinds);
      Process process(shell(folder.path(), kBuild,
                            "rm -rf " + name + "; sluice new-stage " + name + " " + kinds +
                                "; ! sluice check " + name + "/" + name + ".toml"));
      expect_good(process);
      // The one thing that is wrong with it: the plugin is not built yet.
      CHECK(has(process.err(), "no-such-plugin"));
      CHECK(process.err().find("error:") == process.err().rfind("error:"));
    }
}

TEST_CASE("new-stage refuses names that can't be one, folders that are there, and unknown kinds") {
  const Folder folder;
  const auto refusal = [&](const std::string& arguments) {
    Process process(shell(folder.path(), kBuild, "exec sluice new-stage " + arguments));
    CHECK(process.wait() == 2);
    CHECK(process.out().empty());
    CHECK(lines_of(process.err()).size() == 1);
    return process.err();
  };
  for (const char* name : {"''", "9lives", "../blur", "a-b", "Blur", "blur.cpp", "b\xC3\xBC", "_x"})
    CHECK(has(refusal(name), "can't be a stage's name"));
  CHECK(has(refusal("\"$(printf 'a\\033[2J')\""), "'a\\u001b[2J'"));
  CHECK(has(refusal("x --in jpeg --out image"), "there are: --in image --out image, "));
  CHECK(has(refusal("x --in cats"), "takes 'cats'"));
  CHECK(fs::is_empty(folder.path()));
  folder.write("taken", "precious");
  CHECK(has(refusal("taken"), "'taken': it is there already"));
  CHECK(test::read_text(folder.path() / "taken") == "precious");
}
