// external.process: a command's beginning, its time limits, what it writes, and its end.

#include "external/command.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <set>
#include <sstream>

#include "skip.hpp"
#include "stages/external/external.hpp"

using namespace sluice;
using namespace test;

namespace {

// Whether it writes "my last words" when it is stopped, and that is in the log. Its machine may be
// too slow for it to do so before it is killed: it may try several times.
bool says_at_its_end(const Words& command) {
  for (int tries = 0; tries < 20; ++tries) {
    External test(command);
    test.run_in_thread();
    REQUIRE(test.eventually([&] { return says(test.log(), "says: ready"); }));
    test.stop();
    if (says(test.log(), "says: my last words")) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("external: a command that doesn't answer a frame in time is given up") {
  External test(answerer({"never"}), {{"limit", "100ms"}});
  test.queue(frame(4, "porch"));
  CHECK(what([&] { test.run(); }).find("has not answered frame 4 of porch within 100ms") !=
        std::string::npos);
}

TEST_CASE("external: a command that doesn't connect in time is given up") {
  External test({"sleep", "1000"}, {{"start_limit", "100ms"}});
  test.queue(frame(0));
  CHECK(what([&] { test.run(); }).find("has not connected to $SLUICE_ADDRESS within 100ms") !=
        std::string::npos);
  CHECK(test.counts().in == 0);  // the frame is still in the mailbox
}

TEST_CASE("external: a command that ends fails the stage, which says how and its last words") {
  External ends(answerer({"end"}));
  ends.queue(frame(0));
  CHECK(what([&] { ends.run(); }).find("ended with status 3: my last words") != std::string::npos);
  CHECK(says(ends.log(), "says: these are"));

  External at_once({"false"});
  CHECK(what([&] { at_once.run(); }) == "false ended with status 1");

  External with_a_child_that_writes_on({"sh", "-c", "yes & exit 4"});
  CHECK(what([&] { with_a_child_that_writes_on.run(); }).find("sh ended with status 4") == 0);

  External by_signal({"sh", "-c", "kill -SEGV $$"});
  CHECK(what([&] { by_signal.run(); }).find("sh ended with signal 11 (") == 0);
}

TEST_CASE("external: a command that can't be started is told at start, with what to do") {
  const test::Folder folder;
  const auto text = folder.write("stage.py", "print('no')\n");
  const auto error = [](const std::string& program) {
    return what([&] { External({program}).start(); });
  };
  CHECK(error("no-such-program").find("'no-such-program' cannot be started: it is in no folder") !=
        std::string::npos);
  CHECK(error("./no-such-program").find("there is no such file") != std::string::npos);
  CHECK(error(text).find("it is not executable; chmod +x") != std::string::npos);
  std::filesystem::permissions(text, std::filesystem::perms::owner_all);
  CHECK(error(text).find("begin a script with #!") != std::string::npos);
  CHECK(error("python3 -u stage.py").find("as a list") != std::string::npos);
  CHECK(what([] { External test({}); }).find("names no program") != std::string::npos);
}

TEST_CASE("external: what a command writes is logged by lines, bounded") {
  External test({"sh", "-c",
                 "printf 'one\\n\\ntwo'; echo ' and more' >&2; printf '\\r50 %%\\r100 %%\\n';"
                 "head -c 100000 /dev/zero | tr '\\0' x; echo; printf 'no end'; exit 1"});
  CHECK(what([&] { test.run(); }) == "sh ended with status 1: no end");
  const auto log = test.log();
  REQUIRE(log.size() == 7);
  CHECK(log[1] == "says: one");
  CHECK(log[2] == "says: two and more");
  CHECK(log[3] == "says: 50 %");
  CHECK(log[4] == "says: 100 %");
  CHECK(log[5] == "says: " + std::string(1000, 'x'));
  CHECK(log[6] == "says: no end");
}

TEST_CASE("external: what a command has written is in the log, whatever ends it") {
  External too_slow({"sh", "-c", "printf 'half a line'; exec sleep 1000"}, {{"start_limit", "2s"}});
  CHECK(what([&] { too_slow.run(); }).find("within 2s") != std::string::npos);
  CHECK(says(too_slow.log(), "says: half a line"));

  External stopped({"sh", "-c", "printf 'ready\\nhalf a line'; exec sleep 1000"});
  stopped.run_in_thread();
  REQUIRE(stopped.eventually([&] { return says(stopped.log(), "says: ready"); }));
  stopped.stop();
  CHECK(says(stopped.log(), "says: half a line"));
}

TEST_CASE("external: what a command writes when it is told to end is in the log") {
  // More than a pipe holds: it is read while the command ends.
  CHECK(says_at_its_end({"sh", "-c",
                         "trap 'head -c 100000 /dev/zero | tr \"\\0\" x; echo; echo my last words; "
                         "exit' TERM; echo ready; sleep 1000 & wait"}));
}

TEST_CASE("external: what a command has started has time to end, though the command ends at once") {
  CHECK(says_at_its_end({"sh", "-c",
                         "(trap 'echo my last words; exit' TERM; echo ready; sleep 1000 & wait) & "
                         "exec sleep 1000"}));
}

TEST_CASE("external: a command that can't be watched leaves no process behind") {
#ifdef __SANITIZE_ADDRESS__
  test::skip("the sanitizer itself needs a descriptor to look at an object");
#endif
  const Folder folder;
  // Other tests' screen among them, where all run in one process; and who has not been waited for.
  const auto children = [] { return read_text("/proc/thread-self/children"); };
  const auto children_before = children();
  std::vector<int> spare;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  // It opens two pipes before that.
  while (spare.size() < 4) {
    spare.push_back(dup(STDIN_FILENO));
    REQUIRE(spare.back() >= 0);
  }
  const rlimit few{static_cast<rlim_t>(spare.back()) + 1, before.rlim_max};
  for (const int fd : spare) close(fd);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  const auto told = what([&] {
    external::Command({"sleep", "1000"}, {}, folder.path() / "socket");
  });
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(told.find("pidfd_open: ") == 0);
  CHECK(children() == children_before);
}

TEST_CASE("external: standard input is empty, and signals and descriptors are not inherited") {
  External test({"sh", "-c",
                 "cat; ls /proc/self/fd | wc -l; grep -E 'SigBlk|SigIgn' /proc/self/status;"
                 "exit 1"});
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);  // as the program does
  what([&] { test.run(); });
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_DFL);
  const auto log = test.log();
  REQUIRE(log.size() == 4);
  CHECK(log[1] == "says: 4");  // and the folder that ls reads
  CHECK(log[2] == "says: SigBlk:\t0000000000000000");
  const auto ignored = std::stoull(log[3].substr(log[3].find('\t')), nullptr, 16);
  for (const int number : {SIGPIPE, SIGXFSZ}) CHECK((ignored >> (number - 1)) % 2 == 0);
}

TEST_CASE("external: what is under way when the graph stops is counted as such") {
  External test(answerer({"never"}));
  test.run_in_thread();
  test.queue(frame(0));
  REQUIRE(test.eventually([&] { return test.counts().in == 1; }));
  test.stop();
  CHECK(test.counts().dropped == std::map<std::string, std::uint64_t>{{"shutdown", 1}});
}

TEST_CASE("external: a command gets of sluice's environment what it needs and what is named") {
  struct Variable {
    Variable(const char* n, const char* value) : name(n) { setenv(n, value, 1); }
    ~Variable() { unsetenv(name); }
    const char* name;
  };
  const Variable token("SLUICE_TOKEN", "secret-0123456789"), cloud("AWS_SECRET_ACCESS_KEY", "x"),
      named("PYTHONPATH", "/opt/mine"), likewise("PYTHONPATH_TOO", "x"), language("LC_ALL", "C");
  const Folder folder;
  const auto file = (folder.path() / "environment").string();
  External test({"sh", "-c", "env >" + file + "; exit 3"},
                {{"env", Words{"PYTHONPATH", "NOT_SET_AT_ALL"}}});
  CHECK(what([&] { test.run(); }) == "sh ended with status 3");
  std::set<std::string> names;
  std::istringstream lines(read_text(file));
  for (std::string line; std::getline(lines, line);) names.insert(line.substr(0, line.find('=')));
  CHECK(read_text(file).find("secret-") == std::string::npos);
  for (const char* gets : {"SLUICE_ADDRESS", "PATH", "LC_ALL", "PYTHONPATH"}) {
    INFO(gets);
    CHECK(names.erase(gets) == 1);
  }
  for (const char* may : {"HOME", "USER", "LANG", "LC_CTYPE", "TZ", "TMPDIR", "PWD", "SHLVL", "_",
                          "OLDPWD"})  // the last are the shell's own
    names.erase(may);
  INFO(read_text(file));
  CHECK(names.empty());
}

TEST_CASE("external: names of variables are names, and not the stage's own") {
  for (const char* bad : {"", "A=B", "SLUICE_ADDRESS"})
    CHECK(what([&] {
            External({"true"}, {{"env", Words{bad}}});
          }).find("can't be passed on") != std::string::npos);
  CHECK_NOTHROW(External({"true"}, {{"env", Words{"PYTHONPATH"}}}));
}
