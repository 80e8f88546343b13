// Graphviz's program as a child: what it makes, and what is told where it doesn't.

#include "graph/render.hpp"

#include <sys/stat.h>

#include <csignal>
#include <cstdlib>

#include "contains.hpp"
#include "process.hpp"

using sluice::app::render;

namespace {

// Programs are looked for in one folder only, and those that read nothing are no reason to die, for
// as long as this is there.
class Path {
 public:
  explicit Path(const std::string& folder)
      : before_(std::getenv("PATH")), on_pipe_(std::signal(SIGPIPE, SIG_IGN)) {
    setenv("PATH", folder.c_str(), 1);
  }
  ~Path() {
    setenv("PATH", before_.c_str(), 1);
    std::signal(SIGPIPE, on_pipe_);
  }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

 private:
  const std::string before_;
  void (*const on_pipe_)(int);
};

// A program of this name in the folder.
void write_program(const test::Folder& folder, const std::string& name, const std::string& lines) {
  chmod(folder.write(name, "#!/bin/sh\n" + lines).c_str(), 0755);
}

}  // namespace

TEST_CASE("render: a picture comes back whole, however large what goes in and out is") {
  std::string dot = "digraph g { node [label=\"" + std::string(1000, 'x') + "\"];\n";
  for (int i = 0; i < 300; ++i) dot.append("n").append(std::to_string(i)).append(";\n");
  const auto svg = render(dot + "}\n", "svg");
  CHECK(svg.size() > 300'000);
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(render("digraph g { a -> b }", "png").starts_with("\x89PNG\r\n"));
}

TEST_CASE("render: what dot says is wrong is told, in one line") {
  CHECK_THROWS_WITH(render("digraph g { a -> ", "svg"),
                    ContainsSubstring("dot failed (exit status 1): Error: <stdin>: syntax error"));
}

TEST_CASE("render: there is no dot") {
  const test::Folder folder;
  const Path path(folder.path().string());
  CHECK_THROWS_WITH(render("digraph g {}", "svg"),
                    "dot is missing: apt-get install graphviz; --format mermaid and --format dot "
                    "need nothing");
}

TEST_CASE("render: a dot that never ends is ended") {
  const test::Folder folder;
  const Path path(folder.path().string());
  SECTION("reading nothing") { write_program(folder, "dot", "exec /bin/sleep 1000\n"); }
  SECTION("with nothing to wait for but its end") {
    write_program(folder, "dot", "exec /bin/sleep 1000 <&- >&- 2>&-\n");
  }
  CHECK_THROWS_WITH(render(std::string(1 << 20, ' '), "svg", std::chrono::milliseconds(500)),
                    ContainsSubstring("not drawn it in 500 ms"));
}

TEST_CASE("render: nobody keeps how a child ended where SIGCHLD is ignored") {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  CHECK(render("digraph g { a -> b }", "svg").ends_with("</svg>\n"));
  CHECK_THROWS_WITH(render("digraph g { a -> ", "svg"), ContainsSubstring("syntax error"));
  std::signal(SIGCHLD, before);
}

TEST_CASE("render: a dot that fails without a word, and one that is killed") {
  const test::Folder folder;
  const Path path(folder.path().string());
  write_program(folder, "dot", "exit 3\n");
  CHECK_THROWS_WITH(render("digraph g {}", "svg"), "dot failed (exit status 3): it said nothing");
  write_program(folder, "dot",
                "echo half; printf 'out of \\033memory\\nand more' >&2; kill -9 $$\n");
  CHECK_THROWS_WITH(render("digraph g {}", "svg"), "dot failed (signal 9): out of \\u001bmemory");
}
