// Which file a graph's name means, and what is said where there is none.

#include <sys/stat.h>

#include "graph_fixture.hpp"
#include "skip.hpp"

using namespace graph_fixture;

namespace {

const std::string kGraph = "[stage.camera]\ntype = \"loadtest.source\"\n";

Problem one(const LoadRequest& r) {
  const auto loaded = load_graph(r);
  INFO(all_texts(loaded));
  REQUIRE(loaded.problems.size() == 1);
  CHECK_FALSE(loaded.plan);
  CHECK(loaded.problems[0].line == 0);
  return loaded.problems[0];
}

}  // namespace

TEST_CASE("A name is looked for in the folders, in order") {
  const Folder folder;
  folder.write("one/pi.toml", "name = \"first\"\n" + kGraph);
  folder.write("two/pi.toml", "name = \"second\"\n" + kGraph);
  folder.write("two/hub.toml", kGraph);
  auto r = request();
  r.folders = {folder.path() / "none", folder.path() / "one", folder.path() / "two"};
  r.graph = "pi";
  auto loaded = load_graph(r);
  REQUIRE(loaded.plan);
  CHECK(loaded.plan->name == "first");
  CHECK(loaded.files == std::vector<std::filesystem::path>{folder.path() / "one/pi.toml"});
  r.graph = "hub";
  REQUIRE(load_graph(r).plan);
  CHECK(load_graph(r).plan->name == "hub");
}

TEST_CASE("A path is taken as it is, its file gives the graph's name") {
  const Folder folder;
  auto r = request();
  r.graph = folder.write("my graph.v2.toml", kGraph);
  REQUIRE(load_graph(r).plan);
  CHECK(load_graph(r).plan->name == "my-graph-v2");
}

TEST_CASE("A graph that isn't there: where it was looked for, and what is there") {
  const Folder folder;
  folder.write("pi.toml", kGraph);
  folder.write("hub.toml", kGraph);
  folder.write("notes.txt", "");
  auto r = request();
  r.folders = {folder.path(), "/nonexistent"};
  r.graph = "pii";
  const auto p = one(r);
  CHECK(p.code == "no-such-graph");
  CHECK(p.file == "pii");
  CHECK(p.message == "no graph 'pii' in '" + folder.path().string() + "' and '/nonexistent'");
  CHECK(p.hint == "did you mean 'pi'? there are 'hub' and 'pi'");

  r.graph = (folder.path() / "hubb.toml").string();
  CHECK(one(r).code == "no-such-graph");
  CHECK(one(r).hint == "did you mean 'hub.toml'?");
  for (const auto& bad : {std::string(), std::string("a\0b", 3), std::string("/")}) {
    r.graph = bad;
    CHECK(one(r).code == (bad == "/" ? "unreadable" : "no-such-graph"));
  }
}

TEST_CASE("A graph that is found by its name is one that nobody else can change") {
  const Folder folder;
  const auto file = folder.write("configs/pi.toml", kGraph);
  const auto configs = (folder.path() / "configs").string();
  const auto quoted = [](const std::string& path) { return "'" + path + "'"; };
  auto r = request();
  // Where one of these is open to others, no later folder's graph is taken in its place.
  folder.write("later/pi.toml", kGraph);
  r.folders = {configs, folder.path() / "later"};
  r.graph = "pi";
  for (const auto& path : {file, configs}) {
    struct stat before {};
    REQUIRE(::stat(path.c_str(), &before) == 0);
    REQUIRE(::chmod(path.c_str(), 0777) == 0);
    const auto p = one(r);
    CHECK(p.code == "untrusted-graph");
    CHECK(p.message ==
          quoted(file) + " is not taken: others can write " + quoted(path) + " (mode 0777)");
    CHECK(p.hint == "a graph is a program; chmod go-w " + quoted(path) +
                        ", or name the file itself, as in " + file);
    // Named by its path it is the caller's word.
    auto named = r;
    named.graph = file;
    CHECK(load_graph(named).plan);
    REQUIRE(::chmod(path.c_str(), before.st_mode) == 0);
  }
  CHECK(load_graph(r).plan);

  // The same of what it includes.
  folder.write("configs/pi.toml", "include = \"../common.toml\"\n");
  const auto common = folder.write("common.toml", kGraph);
  CHECK(load_graph(r).plan);
  REQUIRE(::chmod(common.c_str(), 0666) == 0);
  const auto loaded = load_graph(r);
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].code == "untrusted-graph");
  CHECK(loaded.problems[0].line == 1);
  CHECK(loaded.problems[0].message ==
        quoted(common) + " is not included: others can write " + quoted(common) + " (mode 0666)");
  auto named = r;
  named.graph = file;
  CHECK(load_graph(named).plan);
}

TEST_CASE("A graph that is found by its name is nobody else's") {
  const Folder folder;
  const auto file = folder.write("pi.toml", kGraph);
  if (::geteuid() != 0) test::skip("only root can give a file to another user");
  REQUIRE(::lchown(file.c_str(), 65534, 65534) == 0);
  auto r = request();
  r.folders = {folder.path()};
  r.graph = "pi";
  CHECK(one(r).message == "'" + file + "' is not taken: '" + file +
                              "' belongs to user 65534, neither to root nor to this user");
}

TEST_CASE("What is no readable text is refused by what it is") {
  const Folder folder;
  auto r = request();
  const auto code = [&](const std::string& path) {
    r.graph = path;
    return one(r).code;
  };
  CHECK(code(folder.path().string() + "/") == "unreadable");
  CHECK(code(folder.write("empty.toml", "")) == "empty-file");
  CHECK(code(folder.write("big.toml", std::string(10 << 20, '#'))) == "too-large");
  CHECK(code("/dev/zero") == "unreadable");
  // Nobody writes into this pipe, and nothing waits for it.
  const auto pipe = (folder.path() / "pipe.toml").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(code(pipe) == "unreadable");
  if (::geteuid() != 0) {
    const auto closed = folder.write("closed.toml", kGraph);
    ::chmod(closed.c_str(), 0);
    CHECK(code(closed) == "unreadable");
  }
}

TEST_CASE("A byte order mark and Windows line ends do no harm") {
  CHECK(plan("\xef\xbb\xbf[stage.camera]\r\ntype = \"loadtest.source\"\r\n").stages.size() == 1);
  const auto p = problem("\xef\xbb\xbf[stage.camera]\r\ntype = \"x\"\r\n");
  CHECK(p.line == 2);
  CHECK(p.column == 8);
  CHECK(p.source_line == "type = \"x\"");
}
