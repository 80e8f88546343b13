// Plugins in real graphs, good and bad ones, as users meet them.

#include <sys/stat.h>

#include <sluice/plugin/abi.hpp>
#include <string_view>

#include "catch.hpp"
#include "plugins.hpp"

using test::PluginFolder;
using test::Process;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// sluice with no plugins but those of a folder.
std::vector<std::string> with_plugins(const std::string& folder,
                                      const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"/usr/bin/env", "HOME=/nonexistent",
                                   "SLUICE_PLUGIN_PATH=" + folder};
  const auto call = test::sluice(arguments);
  command.insert(command.end(), call.begin(), call.end());
  return command;
}

const std::string kCamera =
    "[stage.camera]\ntype = \"capture.synthetic\"\nrate = 0\nframes = 20\nwidth = 64\nheight = "
    "48\n";

std::string stage(const std::string& name, const std::string& type, const std::string& from) {
  return "[stage." + name + "]\ntype = \"" + type + "\"\nfrom = \"" + from + "\"\n";
}

const std::string kMarked = kCamera + stage("mark", "good.mark", "camera") +
                            "mailbox = { when_full = \"block\" }\n" +
                            stage("end", "sink.discard", "mark");

// Runs the graph to its end, which must be a good one, and returns its report.
nlohmann::json run(const PluginFolder& folder, const std::string& graph,
                   const std::vector<std::string>& more = {}) {
  const auto report = (folder.path() / "report.json").string();
  std::vector<std::string> arguments{"run", folder.write("graph.toml", graph), "--report", report};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Process process(with_plugins(folder.path().string(), arguments));
  const int status = process.wait();
  INFO(process.err());
  REQUIRE(status == 0);
  return test::read_json(report);
}

// What the check has against the graph.
std::string problems(const PluginFolder& folder, const std::string& graph) {
  Process process(with_plugins(folder.path().string(),
                               {"check", folder.write("graph.toml", graph), "--with-plugins"}));
  CHECK(process.wait() == 2);
  return process.err();
}

int lines_with(const std::string& text, const std::string& part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a plugin's stage runs in a graph that names the plugin") {
  const PluginFolder folder;
  folder.add("good");
  for (const char* plugins :
       {"plugins = [\"good\"]\n", "plugins = \"good\"\n", "plugins = [\"./libgood.so\"]\n",
        "plugins = [\"good\", \"${NAME:-libgood}.so\"]\n"}) {
    INFO(plugins);
    const auto report = run(folder, plugins + kMarked);
    CHECK(report["stages"]["mark"]["type"] == "good.mark");
    CHECK(report["stages"]["mark"]["out"] == 20);
    CHECK(report["stages"]["end"]["in"] == 20);
    CHECK(report["events"]["mark.made"] == 1);
  }
}

TEST_CASE("whoever looks at a graph doesn't run the code that came with it, unless told to") {
  const PluginFolder folder, nowhere;
  folder.add("exits");  // which any loading of it would show
  folder.add("good");
  folder.write("common.toml", "plugins = \"./libexits.so\"\n");
  const auto by_path = "plugins = [\"./libexits.so\"]\n" + kMarked;
  const auto included = "include = \"common.toml\"\n" + kMarked;
  const auto whole = "plugins = [\"" + folder.path().string() + "/libexits.so\"]\n" + kMarked;
  for (const char* verb : {"check", "graph"})
    for (const auto& graph : {by_path, included, whole}) {
      Process looked(
          with_plugins(nowhere.path().string(), {verb, folder.write("graph.toml", graph)}));
      CHECK(looked.wait() == 2);
      INFO(looked.err());
      CHECK(has(looked.err(), "'" + folder.path().string() +
                                  "/libexits.so' is named by a path, and isn't loaded here: "
                                  "that would run its code [plugin-not-run]"));
      CHECK(has(looked.err(), "if you trust it, say --with-plugins"));
      CHECK(lines_with(looked.err(), "error:") == 1);
      CHECK_FALSE(has(looked.err(), "ended the process"));
      Process told(with_plugins(nowhere.path().string(),
                                {verb, folder.write("graph.toml", graph), "--with-plugins"}));
      CHECK(told.wait() == 2);
      CHECK(has(told.err(), "it ended the process with status 0"));
    }
  // One that is installed, or whose graph is run, needs no such word.
  const auto good = folder.write("good.toml", "plugins = [\"good\"]\n" + kMarked);
  Process check(with_plugins(folder.path().string(), {"check", good}));
  CHECK(check.wait() == 0);
  const auto beside = folder.write("beside.toml", "plugins = [\"./libgood.so\"]\n" + kMarked);
  Process runs(with_plugins(nowhere.path().string(), {"run", beside}));
  CHECK(runs.wait() == 0);
}

TEST_CASE("a plugin is loaded where sluice was started with SIGCHLD ignored") {
  const PluginFolder folder;
  folder.add("good");
  const auto graph = folder.write("graph.toml", "plugins = [\"good\"]\n" + kMarked);
  auto command = with_plugins(folder.path().string(), {"check", graph});
  command.insert(command.begin() + 1, "--ignore-signal=CHLD");
  Process check(command);
  const int status = check.wait();
  INFO(check.err());
  CHECK(status == 0);
  CHECK(check.out() == graph + ": good, 3 stages\n");
}

TEST_CASE("plugins are named by included files, devices and settings too, and the last counts") {
  const PluginFolder folder;
  folder.add("good");
  folder.write("common.toml", "plugins = [\"./libgood.so\"]\n");
  CHECK(run(folder, "include = [\"common.toml\"]\n" + kMarked)["stages"]["end"]["in"] == 20);

  const auto gone = "plugins = [\"gone\"]\n" + kMarked;
  CHECK(run(folder, gone, {"--set", "plugins=[\"good\"]"})["stages"]["end"]["in"] == 20);
  CHECK(run(folder, gone,
            {"--set", "plugins=gone", "--set", "plugins=good"})["stages"]["end"]["in"] == 20);
  const auto device = "[device.pi]\nplugins = [\"good\"]\n";
  CHECK(run(folder, gone + device, {"--device", "pi"})["stages"]["end"]["in"] == 20);

  // Another device's plugins are looked for on that device only.
  const auto other = kCamera + stage("end", "sink.discard", "camera") +
                     "[device.pi]\nplugins = [\"gone\"]\n"
                     "[device.pi.stage.end]\ntype = \"gone.stage\"\n";
  CHECK(run(folder, other, {"--device", "hub"})["stages"]["end"]["in"] == 20);
  Process on_pi(with_plugins(folder.path().string(),
                             {"check", folder.write("graph.toml", other), "--device", "pi"}));
  CHECK(on_pi.wait() == 2);
  CHECK(has(on_pi.err(), "no plugin 'gone'"));
  CHECK(lines_with(on_pi.err(), "error:") == 1);
}

TEST_CASE("a graph has the plugins that it names, and none that another names") {
  const PluginFolder folder;
  folder.add("good");
  const auto names = folder.write("names.toml", "plugins = [\"good\"]\n" + kMarked);
  const auto does_not = folder.write("does_not.toml", kMarked);
  Process check(with_plugins(folder.path().string(), {"check", names, does_not, names}));
  CHECK(check.wait() == 2);
  CHECK(check.out() == names + ": good, 3 stages\n" + names + ": good, 3 stages\n");
  CHECK(has(check.err(), "does_not.toml:8:8: error: there is no stage type 'good.mark'"));
  CHECK(lines_with(check.err(), "error:") == 1);
}

TEST_CASE("what is wrong with a plugin is one problem, beside the graph's others") {
  const PluginFolder folder;
  const auto graph = [](const std::string& plugin) {
    return "plugins = [\"good\", \"" + plugin + "\"]\n" + kMarked +
           stage("more", "loading.fine", "camera") + "[stage.wrong]\ntype = \"sink.discard\"\n";
  };
  folder.add("good");
  folder.write("libtext.so", "not a shared object\n");
  struct Bad {
    std::string plugin, says, code = "bad-plugin";
  };
  for (const auto& bad : std::vector<Bad>{
           {"gone", "it would be libgone.so or gone.so; SLUICE_PLUGIN_PATH", "no-such-plugin"},
           {"./gone.so", "gone.so'", "no-such-plugin"},
           {"text", "is no plugin: it is no shared object"},
           {"stranger", "is no plugin: no stage type of Sluice is in it"},
           {"foreign", "was built for \"Sluice 999, GCC "},
           {"taken", "it threw: stage type 'encode.jpeg': that name is taken by a built-in type"},
           {"rival", "it threw: stage type 'good.mark': that name is taken by " +
                         folder.path().string() + "/libgood.so"},
           {"throws", "it threw: no licence\\nfor this"},
           {"aborts", "can't be loaded: it ended by signal 6 (Aborted), saying: out of luck"},
           {"exits", "can't be loaded: it ended the process with status 0"},
           {"unresolved", "undefined symbol: _Z15nobody_has_thisv"},
       }) {
    INFO(bad.plugin);
    if (bad.says.find("gone") == std::string::npos && bad.plugin != "text") folder.add(bad.plugin);
    const auto told = problems(folder, graph(bad.plugin));
    INFO(told);
    CHECK(has(told, "graph.toml:1:20: error: "));
    CHECK(has(told, bad.says));
    CHECK(has(told, "[" + bad.code + "]"));
    CHECK(has(told, "nobody feeds 'wrong'"));
    CHECK(lines_with(told, "error:") == 2);
    CHECK_FALSE(has(told, "terminate called"));
  }
}

TEST_CASE("a plugin built for another Sluice is refused by what both are") {
  const PluginFolder folder;
  folder.add("foreign");
  const auto told = problems(folder, "plugins = [\"foreign\"]\n" + kMarked);
  constexpr std::string_view kThis =
      "\", and this is \"Sluice " SLUICE_ABI_TEXT(SLUICE_ABI_VERSION) ", ";
  const auto end = told.find(kThis);
  REQUIRE(end != std::string::npos);
  const auto theirs = told.substr(told.find("\"Sluice 999, ") + 13);
  const auto ours = told.substr(end + kThis.size());
  // But for the number they are the same.
  CHECK(theirs.substr(0, theirs.find('"')) == ours.substr(0, ours.find('"')));
  CHECK(has(ours, "OpenCV "));
}

TEST_CASE("a plugin that others could change is refused") {
  const PluginFolder folder;
  const auto file = folder.add("good");
  REQUIRE(chmod(folder.path().c_str(), 0777) == 0);
  auto told = problems(folder, "plugins = [\"good\"]\n" + kMarked);
  CHECK(has(told, "others can write '" + folder.path().string() + "' (mode 0777)"));
  CHECK(has(told, "[untrusted-plugin]"));
  // By way of a link in a folder that is right, too.
  const PluginFolder links;
  std::filesystem::create_symlink(file, links.path() / "libgood.so");
  told = problems(links, "plugins = [\"good\"]\n" + kMarked);
  CHECK(has(told, "others can write '" + folder.path().string() + "' (mode 0777)"));
  REQUIRE(chmod(folder.path().c_str(), 0755) == 0);
  CHECK(run(links, "plugins = [\"good\"]\n" + kMarked)["stages"]["end"]["in"] == 20);
}

TEST_CASE("a plugin that throws while processing takes nothing else down") {
  const PluginFolder folder;
  folder.add("faulty");
  const auto graph = "plugins = [\"faulty\"]\n" + kCamera + stage("end", "sink.discard", "camera") +
                     stage("faulty", "faulty.stage", "camera") +
                     "mailbox = { when_full = \"block\" }\n";
  auto report = run(folder, graph);
  CHECK(report["stages"]["faulty"]["in"] == 20);
  CHECK(report["stages"]["faulty"]["failed"] == 2);
  CHECK(report["stages"]["faulty"]["out"] == 18);
  CHECK(report["stages"]["faulty"]["restarts"] == 1);
  CHECK(report["stages"]["end"]["out"] == 20);
  // Nor where it is not started again.
  report = run(folder, graph + "restart = { on = \"never\" }\noptional = true\n");
  CHECK(report["stages"]["faulty"]["out"] == 3);
  CHECK(report["stages"]["end"]["out"] == 20);
}

TEST_CASE("a plugin whose check throws is a problem of its stage") {
  const PluginFolder folder;
  folder.add("faulty");
  const auto told = problems(
      folder, "plugins = [\"faulty\"]\n" + kCamera + stage("faulty", "faulty.stage", "camera") +
                  "temper = \"short\"\n" + "[stage.wrong]\ntype = \"sink.discard\"\n");
  CHECK(has(told, "stage 'faulty' (faulty.stage): its own check threw: don't ask me"));
  CHECK(has(told, "nobody feeds 'wrong'"));
  CHECK(lines_with(told, "error:") == 2);
}

TEST_CASE("sluice stages lists the plugins' types with their files, and tells of bad plugins") {
  const PluginFolder folder;
  const auto good = folder.add("good");
  folder.add("throws");
  folder.add("foreign");
  const auto places = "relative:" + folder.path().string();
  Process list(with_plugins(places, {"stages"}));
  CHECK(list.wait() == 0);
  CHECK(has(list.out(), "Marks frames (" + good + ")"));
  CHECK(has(list.out(), "encode.jpeg"));
  CHECK_FALSE(has(list.out(), "loading.fine"));
  CHECK(has(list.err(), "sluice: SLUICE_PLUGIN_PATH: 'relative' is passed over"));
  CHECK(has(list.err(), "libthrows.so' can't be loaded: it threw: no licence"));
  CHECK(has(list.err(), "libforeign.so' was built for"));
  CHECK(lines_with(list.err(), "\n") == 3);

  Process page(with_plugins(places, {"stages", "good.mark"}));
  CHECK(page.wait() == 0);
  CHECK(has(page.out(), "from " + good + "\n"));
  CHECK(has(page.out(), "label = \"marked\""));
  Process of_file(with_plugins("", {"stages", "--plugin", good}));
  CHECK(of_file.wait() == 0);
  CHECK(of_file.out() == page.out());
  CHECK(of_file.err().empty());
  Process json(with_plugins(places, {"stages", "--json", "--plugin", "good"}));
  CHECK(json.wait() == 0);
  const auto types = nlohmann::json::parse(json.out());
  REQUIRE(types.size() == 1);
  CHECK(types[0]["type"] == "good.mark");
  CHECK(types[0]["plugin"] == good);

  for (const char* bad : {"throws", "gone", "README.md"}) {
    Process refused(with_plugins(places, {"stages", "--plugin", bad}));
    CHECK(refused.wait() == 2);
    CHECK(lines_with(refused.err(), "\n") == 1);
    CHECK(refused.out().empty());
  }
}

TEST_CASE(
    "of plugins with one name in several folders the first counts, without a word of others") {
  const PluginFolder first, second;
  const auto counts = first.add("good");
  second.add("good");
  second.add("faulty");
  const auto places = first.path().string() + ":" + second.path().string();
  Process list(with_plugins(places, {"stages"}));
  CHECK(list.wait() == 0);
  CHECK(list.err().empty());
  CHECK(has(list.out(), "Marks frames (" + counts + ")"));
  CHECK(has(list.out(), "faulty.stage"));
  Process schema(with_plugins(places, {"schema"}));
  CHECK(schema.wait() == 0);
  CHECK(schema.err().empty());
  CHECK(has(schema.out(), "good.mark"));

  // Nor does a graph that names the one disturb one that names the other.
  const auto one = first.write("graph.toml", "plugins = [\"./libgood.so\"]\n" + kMarked);
  const auto other = second.write("graph.toml", "plugins = [\"./libgood.so\"]\n" + kMarked);
  Process check(with_plugins(places, {"check", one, other, "--with-plugins"}));
  CHECK(check.wait() == 0);
  CHECK(check.err().empty());
}

TEST_CASE("what sluice prints as JSON is JSON, whatever bytes plugins' paths and texts have") {
  const PluginFolder folder;
  const auto odd = folder.path() / "caf\xE9";
  std::filesystem::create_directory(odd);
  std::filesystem::permissions(odd, std::filesystem::perms(0755));
  std::filesystem::rename(folder.add("good"), odd / "libgood.so");
  std::filesystem::rename(folder.add("faulty"), odd / "libfaulty.so");  // its summary isn't either
  for (const auto& call : {std::vector<std::string>{"stages", "--json"},
                           {"stages", "--json", "good.mark"},
                           {"stages", "--json", "--plugin", "good"},
                           {"schema"}}) {
    Process process(with_plugins(odd.string(), call));
    CHECK(process.wait() == 0);
    INFO(process.err());
    CHECK(process.err().empty());
    CHECK(nlohmann::json::accept(process.out()));
    CHECK(has(process.out(), "good.mark"));
  }
}
