// How work ends in a process of its own, and that this one is none the worse for it.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sluice/plugin/probe.hpp>
#include <stdexcept>

#include "catch.hpp"
#include "skip.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("the probe says how work ended") {
  const auto ends = [](const std::function<std::string()>& work) { return failure_of(work, 60s); };
  CHECK(ends([] { return ""; }) == "");
  CHECK(ends([] { return "it is not well"; }) == "it is not well");
  CHECK(ends([]() -> std::string { throw std::runtime_error("no licence"); }) ==
        "it threw: no licence");
  CHECK(ends([]() -> std::string { throw 5; }) == "it threw: something that is no std::exception");
  CHECK(ends([]() -> std::string { std::terminate(); }) == "it called std::terminate");
  CHECK(ends([]() -> std::string { _exit(3); }) == "it ended the process with status 3");
  CHECK(ends([]() -> std::string { _exit(0); }) == "it ended the process with status 0");
  CHECK(ends([]() -> std::string {
          std::fputs("first\nout of luck\n", stderr);
          std::signal(SIGTERM, SIG_DFL);
          raise(SIGTERM);
          return "";
        }) == "it ended by signal 15 (Terminated), saying: out of luck");
  // More than a pipe holds, and than is told.
  CHECK(ends([]() -> std::string {
          for (int i = 0; i < 100'000; ++i) std::fputs("noise\n", stderr);
          throw std::runtime_error(std::string(10'000, 'x'));
        }).size() < 1000);
}

TEST_CASE("the probe waits no longer than it is told") {
  CHECK(failure_of(
            []() -> std::string {
              for (;;) pause();
            },
            100ms) == "it took longer than 100ms");
}

TEST_CASE("what the probe's work changes is changed in its own process") {
  int value = 1;
  CHECK(failure_of([&] { return value = 2, std::string(); }, 60s) == "");
  CHECK(value == 1);
}

TEST_CASE("where there can be no probe it says why, and leaves no child behind") {
#ifdef __SANITIZE_ADDRESS__
  test::skip("the sanitizer itself needs a descriptor to look at an object");
#endif
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = dup(STDIN_FILENO);
  REQUIRE(next > 0);
  close(next);
  const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto told = failure_of([] { return ""; }, 60s);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(told.find("it can't be tried out: pipe: ") == 0);
  CHECK(waitpid(-1, nullptr, WNOHANG) < 0);
}
