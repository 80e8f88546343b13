// Every code of a problem, at its exact place.

#include <fmt/format.h>

#include <fstream>
#include <set>

#include "graph_fixture.hpp"
#include "plugins.hpp"

using namespace graph_fixture;

namespace {

const std::string kCamera = "[stage.camera]\ntype = \"loadtest.source\"\n";

const std::string kChecked = "[stage.camera]\ntype = \"loadtest.checked\"\n";

struct Case {
  std::string code;
  std::string text;  // "@@" where the problem is; no mark: about the file as a whole
  std::string says;  // part of the message or the hint
  std::map<std::string, std::string> files = {};
};

std::string stages(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "[stage.s" + std::to_string(i) + "]\n";
  return text;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> list{
      // Files
      {"too-large", std::string((1 << 20) + 1, '#'), "1 MiB"},
      {"empty-file", "", "empty"},
      {"not-text", "name = \"a\"\nx = \"@@\xff\"\n", "UTF-8"},
      {"not-text", "name = \"a\"\n@@" + std::string(1, '\0') + "\n", "NUL"},
      {"not-text", "@@\xfe\xff", "UTF-8"},
      {"syntax", "[stage.camera]\ntype = @@\n", "expected value"},
      {"syntax", "[stage.camera@@\n", "expected ']'"},
      {"syntax", "a = 1 # \xc3\xa9\nb = 1 @@\xc3\xa9\n", "not in quotes"},
      {"syntax", "@@\xe2\x82\xac = 1\n", "not in quotes"},
      {"syntax", "a = 1979-05bad'@@\xc3\xa9'\n", "quotes that begin no text"},
      {"syntax", "a = 1.\"@@\xc3\xa9\"\n", "quotes that begin no text"},
      {"syntax", "a=-'@@\xc3\xa9'\n", "quotes that begin no text"},
      {"syntax", "a = 1='@@\xc3\xa9'\n", "quotes that begin no text"},
      {"syntax", "a = [1'@@\xc3\xa9']\n", "quotes that begin no text"},
      {"syntax", "a = {b=1'@@\xc3\xa9'}\n", "quotes that begin no text"},
      {"syntax", "a = 1979-05-27 0'@@\xc3\xa9'\n", "quotes that begin no text"},
      {"syntax", "a = 1'''\n@@\xc3\xa9'''\n", "not in quotes"},
      {"syntax", "[@@+a]\n", "saw '+'"},
      {"syntax", "a = \"\\@@\xc3\xa9\"\n", "escape"},
      {"syntax", "a = \"\"\"x \\\n  @@\xc3\xa9\"\"\"\n", "outside ASCII"},
      {"too-deep", "a = [[[[[[[[[[[[[[[[[[[[[[[[@@[[", "24"},
      {"too-deep", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a@@.a = 1", "24"},
      {"no-such-include",
       "include = [@@\"comon.toml\"]\n" + kCamera,
       "did you mean 'common.toml'",
       {{"common.toml", ""}}},
      {"no-such-include", "include = @@\"\"\n" + kCamera, ""},
      {"no-such-include",
       "include = [@@\"x.toml\"]\n" + kCamera,
       "has 'common.toml'",
       {{"common.toml", ""}}},
      {"unreadable", "include = [@@\"sub\"]\n" + kCamera, "is a folder", {{"sub/", ""}}},
      {"too-large",
       "include = [@@\"big.toml\"]\n" + kCamera,
       "1 MiB",
       {{"big.toml", std::string(10 << 20, 'x')}}},
      {"include-limit",
       "include = [" +
           [] {
             std::string list_of_them;
             for (int i = 0; i < 63; ++i) list_of_them += "\"a.toml\", ";
             return list_of_them;
           }() +
           "@@\"a.toml\"]\n" + kCamera,
       "64",
       {{"a.toml", "drain = \"1s\"\n"}}},
      {"wrong-type", "include = [@@5]\n" + kCamera, "a list of files"},

      // Variables
      {"unknown-variable", kCamera + "source = \"x-${HUB}-@@${NOT_THERE}\"\n", "${NOT_THERE:-...}"},
      {"unknown-variable", kCamera + "source = \"$${NOT_THERE} @@${NOT_THERE}\"\n", "NOT_THERE"},
      {"unknown-variable", kCamera + "source = @@\"\"\"\n${NOT_THERE}\"\"\"\n", "NOT_THERE"},
      {"bad-variable", kCamera + "source = \"@@${HUB\"\n", "without a '}'"},
      {"bad-variable", kCamera + "source = \"@@${a-b}\"\n", "'a-b'"},
      {"bad-variable", kCamera + "source = \"@@${A:-${B}}\"\n", "can't contain another"},

      // Values
      {"bad-name", "name = @@\"my graph\"\n" + kCamera, "'my graph'"},
      {"bad-name", "[stage.@@\"my camera\"]\ntype = \"loadtest.source\"\n", "'my camera'"},
      {"wrong-type", "name = @@5\n" + kCamera, "text in quotes"},
      {"wrong-type", kCamera + "width = @@\"wide\"\n", "takes an integer, not \"wide\""},
      {"wrong-type", kCamera + "width = @@1.5\n", "not 1.5"},
      {"wrong-type", kCamera + "width = @@{}\n", "not a table"},
      {"wrong-type", kCamera + "[stage.camera.@@width]\n", "not a table"},
      {"wrong-type", kCamera + "width = @@1979-05-27\n", "not a date"},
      {"wrong-type", kCamera + "width = @@07:32:00\n", "not a time"},
      {"wrong-type", kCamera + "rate = @@inf\n", "takes a number"},
      {"wrong-type", kCamera + "rate = @@nan\n", "takes a number"},
      {"wrong-type", kCamera + "live = @@\"yes\"\n", "true or false"},
      {"wrong-type", kCamera + "source = @@5\n", "the camera's name"},
      {"wrong-type", kCamera + "files = [\"a\", @@5]\n", "list of texts"},
      {"wrong-type", kCamera + "every = @@40\n", "takes a duration"},
      {"wrong-type", "stage = @@5\n", "takes a table, not 5"},
      {"wrong-type", "[[@@stage]]\nx = 1\n", "takes a table"},
      {"wrong-type", "stage.camera = @@true\n", "takes a table, not true"},
      {"wrong-type", kCamera + "restart = @@\"never\"\n", "restart = {"},
      {"wrong-type", "mailbox = @@8\n" + kCamera, "takes a table"},
      {"wrong-type", "device = @@[]\n" + kCamera, "takes a table"},
      {"wrong-type", "device.x = @@1\n" + kCamera, "takes a table"},
      {"wrong-type", "device.x.stage = @@1\n" + kCamera, "takes a table"},
      {"wrong-type", "[stage.camera]\ntype = @@[\"loadtest.source\"]\n", "'type' takes"},
      {"bad-parameter", kChecked + "left = [\"good\", @@\"bad\"]\nright = 1\n", "write good"},
      {"bad-parameter", kChecked + "left = @@\"bad\"\nright = 1\n",
       "'camera' (loadtest.checked): left"},
      {"bad-parameter", kChecked + "left = \"good\"\nright = @@0\n", "write right = 1"},
      {"bad-parameter", "[stage.@@camera]\ntype = \"loadtest.checked\"\nleft = \"good\"\n",
       "left without right"},
      {"bad-duration", kCamera + "every = @@\"2OOms\"\n", "\"2OOms\""},
      {"bad-duration", "drain = @@\"5 sec\"\n" + kCamera, "\"200ms\""},
      {"bad-size", kCamera + "buffer = @@\"8Mib\"\n", "\"8MiB\""},
      {"out-of-range", kCamera + "width = @@8\n", "from 16 to 8192 pixels"},
      {"out-of-range", kCamera + "width = @@9223372036854775807\n", "from 16"},
      {"out-of-range", kCamera + "rate = @@1e300\n", "240"},
      {"out-of-range", kCamera + "every = @@\"2h\"\n", "1h"},
      {"out-of-range", kCamera + "buffer = @@\"0B\"\n", "at least 1B"},
      {"out-of-range",
       kCamera + "[stage.e]\ntype = \"loadtest.sink\"\nfrom = \"camera\"\nworkers = "
                 "@@65\n",
       "64"},
      {"out-of-range", "mailbox.capacity = @@0\n" + kCamera, "1"},
      {"not-a-choice", "[stage.c]\ntype = \"loadtest.chosen\"\nformat = @@\"grey8\"\n",
       "did you mean \"gray8\"?"},
      {"not-a-choice", "[mailbox]\nwhen_full = @@\"drop\"\n" + kCamera, "drop_oldest"},
      {"not-a-choice", kCamera + "restart = { on = @@\"always\" }\n", "never"},

      // Keys
      {"unknown-key", "@@nmae = \"x\"\n" + kCamera, "did you mean 'name'?"},
      {"unknown-key", "@@\"\" = 1\n" + kCamera, ""},
      {"unknown-key", kCamera + "[@@jpeg]\ntype = \"loadtest.encode\"\n", "[stage.jpeg]"},
      {"unknown-key", kCamera + "  @@widht = 640\n", "did you mean 'width'?"},
      {"unknown-key", kCamera + "restart = { on = \"never\", @@most = 3 }\n", "at_most"},
      {"unknown-key", "mailbox.@@size = 8\n" + kCamera, "capacity"},
      {"unknown-key", kCamera + "@@mailbox = { capacity = 2 }\n", "a source has no mailbox"},
      {"unknown-key", kCamera + "[device.x]\n@@include = []\n", "device 'x'"},
      {"unknown-key", kCamera + "[device.x.stage.camera]\n@@widht = 5\n", "did you mean 'width'?"},
      {"missing-type", "[stage.@@camera]\nwidth = 640\n", "'camera' has no type"},
      {"unknown-type", "[stage.camera]\ntype = @@\"loadtest.sorce\"\nwidht = 1\nfrom = \"x\"\n",
       "did you mean 'loadtest.source'?"},
      {"unknown-type", "[stage.camera]\ntype = @@\"loadtest.somethingelse\"\n",
       "there are 'loadtest."},
      {"unknown-type", "[stage.camera]\ntype = @@\"\"\n", "sluice stages"},
      {"missing-parameter",
       "[stage.c]\ntype = \"loadtest.chosen\"\nformat = \"jpeg\"\n"
       "[stage.@@up]\ntype = \"loadtest.uplink\"\nfrom = \"c\"\n",
       "connect: where to"},
      {"single-worker",
       kCamera + "[stage.m]\ntype = \"loadtest.motion\"\nfrom = \"camera\"\nworkers = @@2\n",
       "one"},
      {"single-worker", kCamera + "workers = @@2\n", "it is a source"},

      // The graph
      {"no-stages", "name = \"x\"\n", "[stage.NAME]"},
      {"no-stages", "# nothing\n", "no stages"},
      {"no-stages", "[stage]\n", "no stages"},
      {"too-many-stages", stages(2001), "2001"},
      {"nobody-feeds-it", kCamera + "[stage.@@end]\ntype = \"loadtest.sink\"\n",
       "there are 'camera'"},
      {"nobody-feeds-it", kCamera + "[stage.end]\ntype = \"loadtest.sink\"\n@@from = []\n",
       "'end'"},
      {"nobody-feeds-it", "[stage.@@log]\ntype = \"loadtest.log\"\n", "no other stage"},
      {"feeds-a-source", kCamera + "@@from = \"camera\"\n", "takes nothing"},
      {"no-such-stage", kCamera + "[stage.e]\ntype = \"loadtest.sink\"\nfrom = @@\"camra\"\n",
       "did you mean 'camera'?"},
      {"no-such-stage",
       kCamera + "[stage.e]\ntype = \"loadtest.sink\"\nfrom = [\"camera\", @@\"\"]\n", ""},
      {"no-such-stage", kCamera + "[device.x.stage.@@camra]\nwidth = 64\n",
       "did you mean 'camera'?"},
      {"wrong-type", kCamera + "[stage.e]\ntype = \"loadtest.sink\"\nfrom = [@@[]]\n",
       "'from' takes"},
      {"no-such-output",
       kCamera + "[stage.e]\ntype = \"loadtest.sink\"\nfrom = @@\"camera.outt\"\n",
       "did you mean 'out'?"},
      {"no-such-output",
       kCamera + "[stage.e]\ntype = \"loadtest.sink\"\nfrom = \"camera\"\n"
                 "[stage.f]\ntype = \"loadtest.sink\"\nfrom = @@\"e\"\n",
       "gives no frames"},
      {"no-such-input",
       kCamera + "[stage.e]\ntype = \"loadtest.sink\"\nfrom = { @@inn = \"camera\" }\n", "'in'"},
      {"duplicate-link",
       kCamera + "[stage.e]\ntype = \"loadtest.sink\"\nfrom = [\"camera\", @@\"camera.out\"]\n",
       "already"},
      {"kinds-mismatch",
       kCamera + "[stage.u]\ntype = \"loadtest.uplink\"\nconnect = \"x\"\nfrom = @@\"camera\"\n",
       "put a stage of type \"loadtest.encode\" between them"},
      {"never-raised", kCamera + "[stage.@@g]\ntype = \"loadtest.gate\"\nfrom = \"camera\"\n",
       "open = \"\" and close = \"\" waits for none"},
      {"never-raised",
       kCamera + "[stage.m]\ntype = \"loadtest.motion\"\nfrom = \"camera\"\n[stage.g]\n"
                 "type = \"loadtest.gate\"\nfrom = { in = \"m\", events = \"m\" }\n"
                 "open = @@\"motion.begun\"\n",
       "there is motion.began"},
      {"cycle",
       "[stage.a]\ntype = \"loadtest.same\"\nfrom = @@\"c\"\n[stage.b]\ntype = \"loadtest.same\"\n"
       "from = \"a\"\n[stage.c]\ntype = \"loadtest.same\"\nfrom = \"b\"\n",
       "a -> b -> c -> a"},
      {"cycle", "[stage.a]\ntype = \"loadtest.same\"\nfrom = @@\"a\"\n", "a -> a"},
      {"no-such-plugin", "plugins = [@@\"gone\"]\n" + kCamera, "libgone.so or gone.so"},
      {"wrong-type", "plugins = [@@5]\n" + kCamera, "'plugins' takes"},
      {"bad-plugin",
       "plugins = @@\"./notes.so\"\n" + kCamera,
       "it is no shared object",
       {{"notes.so", "text"}}},
  };
  return list;
}

Loaded load(const Case& c, const Folder& folder, const std::string& text) {
  for (const auto& [name, content] : c.files) folder.write(name, content);
  auto r = request();
  r.graph = (folder.path() / "test.toml").string();
  r.with_plugins = true;
  return load_graph_text(text, r);
}

// Those of problems that no text of a graph can make.
std::vector<std::pair<std::string, Loaded>> other_cases() {
  std::vector<std::pair<std::string, Loaded>> result;
  auto r = request();
  r.graph = "nowhere";
  result.emplace_back("no-such-graph", load_graph(r));
  result.emplace_back("bad-set", load_graph_text(kCamera, request({"stage.camera.width"})));
  const Folder folder;
  folder.write("a.toml", "include = [\"a.toml\"]\n");
  r.graph = (folder.path() / "a.toml").string();
  result.emplace_back("include-cycle", load_graph(r));
  const test::PluginFolder plugins;
  std::filesystem::permissions(plugins.add("good"), std::filesystem::perms(0666));
  folder.write("pi.toml", kCamera);
  std::filesystem::permissions(folder.path() / "pi.toml", std::filesystem::perms(0666));
  r.folders = {folder.path()};
  r.graph = "pi";
  result.emplace_back("untrusted-graph", load_graph(r));
  r.graph = (plugins.path() / "graph.toml").string();
  result.emplace_back("plugin-not-run",
                      load_graph_text("plugins = \"./libgood.so\"\n" + kCamera, r));
  r.plugin_folders.list = {plugins.path()};
  result.emplace_back("untrusted-plugin", load_graph_text("plugins = \"good\"\n" + kCamera, r));
  std::string many = kCamera;
  for (int i = 0; i < 101; ++i) many += fmt::format("x{} = 1\n", i);
  result.emplace_back("too-many-problems", load_graph_text(many, request()));
  return result;
}

}  // namespace

TEST_CASE("Each mistake is one problem, with its code, at its place") {
  int number = 0;
  for (const auto& c : cases()) {
    const auto at = marked(c.text);
    const Folder folder;
    const auto loaded = load(c, folder, at.text);
    INFO("case " << number++ << ", " << c.code << ":\n"
                 << at.text.substr(0, 500) << "\n"
                 << all_texts(loaded));
    REQUIRE_FALSE(loaded.plan);
    REQUIRE(loaded.problems.size() == 1);
    const auto& problem = loaded.problems.front();
    CHECK(problem.code == c.code);
    CHECK(problem.line == at.line);
    CHECK(problem.column == at.column);
    CHECK((problem.message + " / " + problem.hint).find(c.says) != std::string::npos);
  }
}

TEST_CASE("A stage of which nobody takes anything is a warning, and the graph is good") {
  const auto warnings_of = [](const std::string& text) {
    const auto loaded = load_graph_text(text, request());
    INFO(all_texts(loaded));
    REQUIRE(loaded.plan);
    std::vector<std::string> texts;
    for (const auto& w : loaded.warnings) {
      CHECK(w.code == "goes-nowhere");
      texts.push_back(to_text(w));
    }
    return texts;
  };
  const std::string jpeg = R"(
[stage.camera]
type = "loadtest.source"
[stage.jpeg]
type = "loadtest.encode"
from = "camera"
)";
  const std::string end = "[stage.end]\ntype = \"loadtest.sink\"\nfrom = ";
  CHECK(warnings_of(jpeg + end + "\"jpeg\"\n").empty());
  const auto forgotten = warnings_of(jpeg + end + "\"camera\"\n");
  REQUIRE(forgotten.size() == 1);
  CHECK(forgotten[0].find("test.toml:4:") == 0);
  CHECK(forgotten[0].find("warning: nobody takes what 'jpeg' (loadtest.encode) gives") !=
        std::string::npos);
  CHECK(warnings_of(jpeg).size() == 1);  // the last one; what feeds it is taken

  // A stage that finds something may be there for its events; a source is there for its pictures.
  const std::string motion = R"(
[stage.camera]
type = "loadtest.source"
[stage.motion]
type = "loadtest.motion"
from = "camera"
)";
  const std::string log = "[stage.log]\ntype = \"loadtest.log\"\n";
  CHECK(warnings_of(motion).size() == 1);
  CHECK(warnings_of(motion + log).empty());
  CHECK(warnings_of(motion + end + "\"motion.mask\"\n").empty());
  CHECK(warnings_of("[stage.camera]\ntype = \"loadtest.source\"\n" + log).size() == 1);
}

TEST_CASE("Every code is made by a test and explained in the documentation, and no other") {
  std::set<std::string> made;
  for (const auto& c : cases()) made.insert(c.code);
  for (const auto& [code, loaded] : other_cases()) {
    INFO(code << "\n" << all_texts(loaded));
    REQUIRE_FALSE(loaded.problems.empty());
    CHECK(loaded.problems.back().code == code);
    CHECK_FALSE(loaded.plan);
    made.insert(code);
  }
  made.insert("goes-nowhere");  // above
  const std::set<std::string> known(kProblemCodes.begin(), kProblemCodes.end());
  CHECK(made == known);

  std::ifstream page(SLUICE_SOURCE_DIR "/docs/graph-file.md");
  REQUIRE(page);
  std::set<std::string> explained;
  bool table = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "| code | what is wrong |")
      table = true;
    else if (line.rfind("| `", 0) != 0 && line.rfind("| ---", 0) != 0)
      table = false;
    else if (table && line.rfind("| `", 0) == 0)
      explained.insert(line.substr(3, line.find('`', 3) - 3));
  }
  CHECK(explained == known);
}

TEST_CASE("Five mistakes are five problems, in the file's order") {
  const auto loaded = load_graph_text(R"(nmae = "five"

[stage.camera]
type = "loadtest.source"
width = "wide"

[stage.jpeg]
type = "loadtest.encode"
from = "camra"
quality = 700

[stage.uplink]
type = "loadtest.upink"
from = "jpeg"
)",
                                      request());
  std::vector<std::string> found;
  for (const auto& p : loaded.problems)
    found.push_back(std::to_string(p.line) + ":" + std::to_string(p.column) + " " + p.code);
  CHECK(found == std::vector<std::string>{"1:1 unknown-key", "5:9 wrong-type", "9:8 no-such-stage",
                                          "10:11 out-of-range", "13:8 unknown-type"});
  CHECK_FALSE(loaded.plan);
}

TEST_CASE("A type's own check is one of all: its problems come with the others") {
  const auto loaded =
      load_graph_text(kChecked + "left = [\"bad\", \"good\", \"bad\"]\n" +
                          "[stage.jpeg]\ntype = \"loadtest.encode\"\nquality = 700\n",
                      request({"stage.camera.optional=7"}));
  std::vector<std::string> found;
  for (const auto& p : loaded.problems) found.push_back(p.file + ": " + p.code);
  // The setting is wrong, so the stage's own check waits.
  CHECK(found == std::vector<std::string>{"test.toml: nobody-feeds-it", "test.toml: out-of-range",
                                          "--set: wrong-type"});

  const auto set = load_graph_text(kChecked, request({"stage.camera.left=[\"x\",\"bad\"]"}));
  REQUIRE(set.problems.size() == 2);
  CHECK(set.problems[0].message.find("left without right") != std::string::npos);
  CHECK(set.problems[1].file == "--set");
  CHECK(set.problems[1].column == 24);
}

TEST_CASE("Problems stop at a hundred, and say so") {
  std::string text = kCamera;
  for (int i = 0; i < 5000; ++i) text += fmt::format("x{} = 1\n", i);
  const auto loaded = load_graph_text(text, request());
  CHECK(loaded.problems.size() == 101);
  CHECK(loaded.problems.back().code == "too-many-problems");
}
