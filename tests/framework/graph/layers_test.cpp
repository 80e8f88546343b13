// What is laid over what: type, graph's mailbox, include, file, device, --set.

#include "graph_fixture.hpp"

using namespace graph_fixture;

namespace {

const std::string kEnd = R"(
[stage.camera]
type = "loadtest.source"
[stage.end]
type = "loadtest.sink"
from = "camera"
)";

const MailboxRules& end_mailbox(const Plan& p) { return stage(p, "end").mailbox; }

}  // namespace

TEST_CASE("Each layer overrides those before it, key by key") {
  const Folder folder;
  auto r = request();
  r.graph = (folder.path() / "test.toml").string();
  std::string graph = kEnd;

  CHECK(end_mailbox(plan(graph, r)) == MailboxRules{WhenFull::block, 8, 0, Duration(0)});

  graph += "[mailbox]\ncapacity = 16\nmax_age = \"1s\"\n";
  CHECK(end_mailbox(plan(graph, r)) ==
        MailboxRules{WhenFull::block, 16, 0, std::chrono::seconds(1)});

  folder.write("common.toml", "[stage.end.mailbox]\ncapacity = 17\nmax_bytes = \"1MiB\"\n");
  graph = "include = [\"common.toml\"]\n" + graph;
  CHECK(end_mailbox(plan(graph, r)) ==
        MailboxRules{WhenFull::block, 17, 1 << 20, std::chrono::seconds(1)});

  graph += "[stage.end.mailbox]\ncapacity = 18\n";
  CHECK(end_mailbox(plan(graph, r)).capacity == 18);
  CHECK(end_mailbox(plan(graph, r)).max_bytes == 1 << 20);

  graph += "[device.pi.stage.end]\nmailbox = { capacity = 19 }\n";
  CHECK(end_mailbox(plan(graph, r)).capacity == 18);
  r.device = "pi";
  CHECK(end_mailbox(plan(graph, r)) ==
        MailboxRules{WhenFull::block, 19, 1 << 20, std::chrono::seconds(1)});
  CHECK(plan(graph, r).device == "pi");

  r.sets = {"stage.end.mailbox.capacity=20", "stage.end.mailbox={ capacity = 21 }"};
  CHECK(end_mailbox(plan(graph, r)) ==
        MailboxRules{WhenFull::block, 21, 1 << 20, std::chrono::seconds(1)});
}

TEST_CASE("A graph's other policy leaves the capacity to what fits it") {
  const auto rules = [](const std::string& mailbox) {
    return end_mailbox(plan(kEnd + "mailbox = { " + mailbox + " }\n"));
  };
  CHECK(rules("when_full = \"latest\"").capacity == 0);
  CHECK(rules("when_full = \"latest\", capacity = 3").capacity == 3);
  CHECK(rules("when_full = \"block\"").capacity == 8);  // the type's own policy
  CHECK(rules("max_age = \"5s\"").capacity == 8);
}

TEST_CASE("A type's limits are for its own policy") {
  const auto rules = [](const std::string& graph, const std::string& mailbox) {
    return end_mailbox(plan(graph + "[stage.camera]\ntype = \"loadtest.source\"\n" +
                            "[stage.end]\ntype = \"loadtest.limited\"\nfrom = \"camera\"\n" +
                            "mailbox = { " + mailbox + " }\n"));
  };
  const MailboxRules own{WhenFull::latest, 2, 1000, std::chrono::seconds(1)};
  CHECK(rules("", "") == own);
  CHECK(rules("", "when_full = \"latest\"") == own);
  CHECK(rules("", "capacity = 5").max_age == own.max_age);
  CHECK(rules("", "when_full = \"block\"") == MailboxRules{WhenFull::block, 0, 0, Duration(0)});
  CHECK(rules("[mailbox]\nwhen_full = \"block\"\n", "") ==
        MailboxRules{WhenFull::block, 0, 0, Duration(0)});
  CHECK(rules("", "when_full = \"block\", max_age = \"3s\", max_bytes = \"9B\"") ==
        MailboxRules{WhenFull::block, 0, 9, std::chrono::seconds(3)});
  // What the graph says holds with any policy, and the stage has the last word on that.
  CHECK(rules("[mailbox]\nmax_age = \"3s\"\n", "when_full = \"block\"").max_age ==
        std::chrono::seconds(3));
  CHECK(rules("[mailbox]\nwhen_full = \"block\"\n", "when_full = \"latest\"") == own);
}

TEST_CASE("Lists are replaced, not merged") {
  const auto p = plan(kEnd + "[stage.left]\ntype = \"loadtest.source\"\nfiles = [\"a\", \"b\"]\n" +
                      "[device.here.stage.left]\nfiles = [\"c\"]\n");
  CHECK(value<std::vector<std::string>>(p, "left", "files") == std::vector<std::string>{"c"});
}

TEST_CASE("Later includes are laid over earlier ones, and all below the file") {
  const Folder folder;
  folder.write("sub/a.toml", "include = \"deeper.toml\"\n[stage.camera]\nwidth = 100\nrate = 10\n");
  folder.write("sub/deeper.toml", "drain = \"9s\"\n[stage.camera]\nwidth = 99\nlive = true\n");
  folder.write("b.toml", "[stage.camera]\nwidth = 101\n");
  const auto graph =
      folder.write("test.toml", "include = [\"sub/a.toml\", \"${NONE:-b}.toml\"]" + kEnd);
  auto r = request();
  r.graph = graph;
  const auto loaded = load_graph(r);
  INFO(all_texts(loaded));
  REQUIRE(loaded.plan);
  CHECK(value<std::int64_t>(*loaded.plan, "camera", "width") == 101);
  CHECK(value<double>(*loaded.plan, "camera", "rate") == 10);
  CHECK(value<bool>(*loaded.plan, "camera", "live"));
  CHECK(loaded.plan->drain == std::chrono::seconds(9));
  CHECK(loaded.plan->name == "test");
  REQUIRE(loaded.files.size() == 4);
  CHECK(loaded.files.front() == graph);
  CHECK(loaded.files[2] == folder.path() / "sub/deeper.toml");
}

TEST_CASE("Of a file outside of the graph's folder no line is shown: it may be anybody's secret") {
  const Folder folder;
  const auto secret = folder.write("secret", "root:$y$j9T$secret:20228:0:99999:7:::\n");
  const auto config = folder.write("config", "nam = \"it is secret\"\n");
  folder.write("graphs/inside/common.toml", "nam = \"it is shown\"\n");
  std::filesystem::create_symlink(secret, folder.path() / "graphs/link.toml");
  auto r = request();
  const auto texts = [&](const std::string& include) {
    r.graph = folder.write("graphs/test.toml", "include = \"" + include + "\"" + kEnd);
    const auto loaded = load_graph(r);
    CHECK_FALSE(loaded.plan);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].line == 1);
    return all_texts(loaded);
  };
  for (const auto& include : {secret, config, std::string("../secret"), std::string("link.toml")}) {
    const auto text = texts(include);
    INFO(text);
    CHECK(text.find(":1:") != std::string::npos);
    CHECK(text.find("$y$") == std::string::npos);
    CHECK(text.find("it is secret") == std::string::npos);
  }
  CHECK(texts("inside/common.toml").find("it is shown") != std::string::npos);
}

TEST_CASE("A mistake in an included file is shown there") {
  const Folder folder;
  const auto common = folder.write("common.toml", "\n[stage.camera]\nwidth = 1\n");
  auto r = request();
  r.graph = folder.write("test.toml", "include = [\"common.toml\"]" + kEnd);
  const auto loaded = load_graph(r);
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].file == common);
  CHECK(loaded.problems[0].line == 3);
  CHECK(loaded.problems[0].column == 9);
  CHECK(loaded.problems[0].source_line == "width = 1");

  // What overrides it makes it good.
  r.sets = {"stage.camera.width=64"};
  CHECK(load_graph(r).plan);
}

TEST_CASE("Includes in a circle and too deep are refused") {
  const Folder folder;
  auto r = request();
  SECTION("in a circle") {
    folder.write("a.toml", "include = [\"b.toml\"]" + kEnd);
    const auto b = folder.write(
        "b.toml", "\ninclude = [\"../" + folder.path().filename().string() + "/a.toml\"]\n");
    r.graph = (folder.path() / "a.toml").string();
    const auto loaded = load_graph(r);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].code == "include-cycle");
    CHECK(loaded.problems[0].file == b);
    CHECK(loaded.problems[0].line == 2);
    CHECK(loaded.problems[0].message.find("a.toml -> b.toml -> a.toml") != std::string::npos);
  }
  SECTION("too deep") {
    for (int i = 0; i < 12; ++i)
      folder.write(std::to_string(i) + ".toml",
                   "include = [\"" + std::to_string(i + 1) + ".toml\"]\n");
    r.graph = (folder.path() / "0.toml").string();
    const auto loaded = load_graph(r);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].code == "include-limit");
  }
  SECTION("the same file twice is fine") {
    folder.write("c.toml", "drain = \"1s\"\n");
    folder.write("a.toml", "include = [\"c.toml\"]\n");
    folder.write("b.toml", "include = [\"c.toml\"]\n");
    r.graph = folder.write("test.toml", "include = [\"a.toml\", \"b.toml\"]" + kEnd);
    CHECK(load_graph(r).plan);
  }
}

TEST_CASE("A device may add a stage of its own, and only its own device has it") {
  const auto graph = kEnd + R"(
[device.hub.stage.extra]
type = "loadtest.sink"
from = "camera"
)";
  CHECK(plan(graph).stages.size() == 2);
  CHECK(plan(graph, request({}, "hub")).stages.size() == 3);
}

TEST_CASE("A device has its own of what a graph has as a whole") {
  const auto graph = kEnd +
                     "[device.here]\nmemory = \"64MiB\"\ndrain = \"7s\"\n"
                     "[device.hub]\nmemory = \"32MiB\"\n";
  CHECK(plan(graph).memory == std::size_t{64} << 20);
  CHECK(plan(graph).drain == std::chrono::seconds(7));
  CHECK(plan(graph, request({}, "hub")).memory == std::size_t{32} << 20);
  CHECK(problem(kEnd + "[device.here]\nname = \"other\"\n").code == "unknown-key");
}

TEST_CASE("Other devices' tables are checked, but for what only they know") {
  CHECK(plan(kEnd + "[device.hub.stage.camera]\nsource = \"${ONLY_THERE}\"\n").stages.size() == 2);
  CHECK(problem(kEnd + "[device.hub.stage.camera]\nwidth = \"wide\"\n").code == "wrong-type");
  CHECK(problem(kEnd + "[device.hub]\ndrain = \"soon\"\n").code == "bad-duration");
  CHECK(problem(kEnd + "[device.hub.mailbox]\ncapacty = 1\n").code == "unknown-key");
  // The device's own table is read twice, and said once.
  CHECK(problem(kEnd + "[device.here.stage.camera]\nwidth = \"wide\"\n").code == "wrong-type");
  CHECK(problem(kEnd + "[device.here.stage.camera]\nwidht = 5\n").code == "unknown-key");
  CHECK(problem(kEnd + "[device.here]\ndrain = \"soon\"\n").code == "bad-duration");
}

TEST_CASE("A setting is a TOML value, or else a text") {
  const auto with = [](const std::string& set) { return plan(kEnd, request({set})); };
  CHECK(value<std::int64_t>(with("stage.camera.width=64"), "camera", "width") == 64);
  CHECK(value<double>(with("stage.camera.rate=5"), "camera", "rate") == 5.0);
  CHECK(value<bool>(with("stage.camera.live=true"), "camera", "live"));
  CHECK(value<std::string>(with("stage.camera.source=garage"), "camera", "source") == "garage");
  CHECK(value<std::string>(with("stage.camera.source=/tmp/x.avi"), "camera", "source") ==
        "/tmp/x.avi");
  CHECK(value<std::string>(with("stage.camera.source=\"7\""), "camera", "source") == "7");
  CHECK(value<std::string>(with("stage.camera.source=7"), "camera", "source") == "7");
  CHECK(value<std::string>(with("stage.camera.source=5#7"), "camera", "source") == "5#7");
  CHECK(value<std::string>(with("stage.camera.source=a=b"), "camera", "source") == "a=b");
  CHECK(value<std::string>(with("stage.camera.source="), "camera", "source").empty());
  CHECK(value<std::string>(with("stage.camera.source=${HUB}"), "camera", "source") == "hub.local");
  CHECK(value<std::string>(with("stage.camera.source=x\ny = 2"), "camera", "source") == "x\ny = 2");
  CHECK(value<std::int64_t>(with("stage.camera.every=90ms"), "camera", "every") == 90'000'000);
  CHECK(value<std::vector<std::string>>(with("stage.camera.files=[\"a\", \"b\"]"), "camera",
                                        "files") == std::vector<std::string>{"a", "b"});
  CHECK(stage(with("stage.\"camera\".type=loadtest.chosen"), "camera").type->name ==
        "loadtest.chosen");
  CHECK(with("drain=5s").drain == std::chrono::seconds(5));
  CHECK(with("name=other").name == "other");
  CHECK(end_mailbox(with("mailbox.capacity=9")).capacity == 9);
  CHECK(end_mailbox(with("mailbox={capacity=9, max_age=\"2s\"}")).max_age ==
        std::chrono::seconds(2));
}

TEST_CASE("A wrong setting is shown with its place") {
  const auto of = [](std::vector<std::string> sets) {
    const auto p = problem(kEnd, request(std::move(sets)));
    CHECK(p.file == "--set");
    return p.code + " " + std::to_string(p.line) + ":" + std::to_string(p.column);
  };
  CHECK(of({"drain=1s", "stage.camera.width=wide"}) == "wrong-type 2:20");
  CHECK(of({"stage.camera.width=4"}) == "out-of-range 1:20");
  CHECK(of({"stage.camera.widht=4"}) == "unknown-key 1:14");
  CHECK(of({"stage.camra.width=64"}) == "no-such-stage 1:7");
  CHECK(of({"stage.new={type=\"loadtest.source\"}"}) == "no-such-stage 1:7");
  CHECK(of({"stage.camera.source=${NOT_THERE}"}) == "unknown-variable 1:21");
  CHECK(of({"stage.camera=5"}) == "wrong-type 1:14");
  CHECK(of({"stage.camera.width.x=5"}) == "wrong-type 1:14");
  CHECK(of({"stage.camera.width"}) == "bad-set 1:1");
  CHECK(of({""}) == "bad-set 1:1");
  CHECK(of({"=5"}) == "bad-set 1:1");
  CHECK(of({"a..b=5"}) == "bad-set 1:1");
  CHECK(of({"x=1\ny"}) == "unknown-key 1:1");
  CHECK(of({"device.here.drain=1s"}) == "bad-set 1:1");
  CHECK(of({"include=[\"x.toml\"]"}) == "bad-set 1:1");
  CHECK(of({"stage.camera.source=\xff"}) == "bad-set 1:1");
  CHECK(of({"stage.camera.source=" + std::string(70'000, 'x')}) == "bad-set 1:1");

  const auto p = problem(kEnd, request({"stage.camra.width=64"}));
  CHECK(p.hint == "did you mean 'camera'?");
  CHECK(p.source_line == "stage.camra.width=64");
}
