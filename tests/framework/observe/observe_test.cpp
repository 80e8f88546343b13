#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sluice/observe/histogram.hpp>
#include <sluice/observe/ledger.hpp>
#include <sluice/observe/log.hpp>
#include <sluice/observe/report.hpp>
#include <sluice/testkit.hpp>
#include <sstream>

#include "catch.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("a histogram's percentiles are right to within its buckets' width") {
  auto h = std::make_unique<Histogram>();
  const auto add = [&](Duration d, std::uint64_t sequence) {
    h->add(d, *testkit::make_frame(cv::Mat(1, 1, CV_8UC1), "cam", sequence));
  };
  for (std::uint64_t i = 1; i <= 1000; ++i) add(std::chrono::microseconds(i * 100), i);
  const auto p = h->distribution();
  CHECK(p.count == 1000);
  CHECK(p.mean == Approx(50.05).epsilon(0.01));
  CHECK(p.p50 == Approx(50).epsilon(0.04));
  CHECK(p.p99 == Approx(99).epsilon(0.04));
  CHECK(p.p999 == Approx(99.9).epsilon(0.04));
  CHECK(p.max == 100.0);
  CHECK(p.slowest.source == "cam");
  CHECK(p.slowest.sequence == 1000);

  SECTION("sums of several are the histogram of all") {
    auto sum = std::make_unique<Histogram>();
    h->add_to(*sum);
    h->add_to(*sum);
    CHECK(sum->distribution().count == 2000);
    CHECK(sum->distribution().p50 == Approx(p.p50));
    CHECK(sum->distribution().slowest.sequence == 1000);
  }
  SECTION("what is negative or beyond an hour still counts") {
    add(-5ns, 1);
    add(std::chrono::hours(100), 2);
    CHECK(h->distribution().count == 1002);
  }
  SECTION("what came since is told apart from what was before, the slowest frame too") {
    h->forget_max();
    for (std::uint64_t i = 1; i <= 100; ++i) add(std::chrono::milliseconds(i == 40 ? 9 : 3), i);
    const auto since = h->distribution().since(p);
    CHECK(since.count == 100);
    CHECK(since.p50 == Approx(3).epsilon(0.04));
    CHECK(since.mean == Approx(3.06).epsilon(0.04));
    CHECK(since.max == 9.0);
    CHECK(since.slowest.sequence == 40);
    CHECK(h->distribution().since(h->distribution()).count == 0);
  }
}

TEST_CASE("text from outside can't break a log line") {
  CHECK(escaped("plain, Küche") == "plain, Küche");
  CHECK(escaped("a\nb\x1b[31m") == "a\\nb\\u001b[31m");
  CHECK(escaped("\xff\xc3") == "\\xff\\xc3");
  CHECK(escaped("\xc2\x9b"
                "2J") == "\\u009b2J");
  CHECK(escaped("exe.\u202egpj") == "exe.\\u202egpj");
  CHECK(escaped(std::string(10'000, 'x')) == std::string(497, 'x') + "...");
  CHECK(escaped(std::string(500, 'x')) == std::string(500, 'x'));
  for (int n = 490; n < 500; ++n)  // no character is cut in half
    CHECK(escaped(std::string(static_cast<std::size_t>(n), 'x') + "KücheKücheKüche").find('\\') ==
          std::string::npos);
}

namespace {

// Standard error is this descriptor while one lives. Catch writes nothing meanwhile.
class StandardError {
 public:
  explicit StandardError(int fd) : before_(dup(STDERR_FILENO)) { dup2(fd, STDERR_FILENO); }
  ~StandardError() {
    dup2(before_, STDERR_FILENO);
    close(before_);
  }

 private:
  const int before_;
};

// What there is; a terminal's comes with a little delay.
std::string read_all(int fd) {
  std::string text;
  char some[4096];
  pollfd readable{fd, POLLIN, 0};
  while (poll(&readable, 1, 20) > 0) text.append(some, read(fd, some, sizeof some));
  return text;
}

}  // namespace

TEST_CASE("a log that nobody reads keeps nobody waiting, and says afterwards what it left out") {
  const std::string kind = GENERATE("pipe", "terminal", "socket");
  CAPTURE(kind);
  int ends[2];  // to read, to write
  if (kind == "pipe") REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  if (kind == "terminal") REQUIRE(openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr) == 0);
  if (kind == "socket") REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const std::string text(400, 'x');
  const auto write = [&](const std::string& line) {
    const StandardError here(ends[1]);
    log_line(LogLevel::warning, "cameras", line);
  };
  std::size_t written = 2000;
  for (std::size_t i = 0; i < written; ++i) write(text);
  std::string got;
  while (got.find("cameras: found") == std::string::npos && written < 3000) {
    got += read_all(ends[0]);
    write("found");
    ++written;
  }
  got += read_all(ends[0]);
  for (const int fd : ends) close(fd);
  // Each line is there, and whole, or counted; one that was cut off has an end.
  std::size_t lines = 0, left_out = 0;
  std::istringstream all(got);
  for (std::string line; std::getline(all, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.ends_with(": " + text) || line.ends_with("cameras: found")) ++lines;
    if (line.ends_with(" lines were left out here, as nobody read them"))
      left_out += std::stoul(line);
  }
  CHECK(left_out > 0);
  CHECK(lines > 1);
  CHECK(lines + left_out == written);
}

TEST_CASE(
    "a log gate lets a burst through, then a line at a time, and says how many it held back") {
  LogGate gate(3, 1s);
  SteadyTime now{1h};
  int written = 0;
  for (int i = 0; i < 10; ++i) written += gate.ask(now).write ? 1 : 0;
  CHECK(written == 3);
  const auto verdict = gate.ask(now + 1s);
  CHECK(verdict.write);
  CHECK(verdict.held_back == 7);
  CHECK_FALSE(gate.ask(now + 1s).write);
}

TEST_CASE("events become one line of JSON each") {
  Event event{"motion.began", "pi-garage", {{"boxes", std::int64_t{2}}, {"note", "a\nb\xff"}}};
  event.stage = "motion";
  event.time = testkit::FakeClock().utc() + 1234ms;
  CHECK(
      to_json(event) ==
      "{\"time\":\"2026-01-01T00:00:01.234Z\",\"event\":\"motion.began\",\"source\":\"pi-garage\","
      "\"stage\":\"motion\",\"boxes\":2,\"note\":\"a\\nb\xef\xbf\xbd\"}");
}

TEST_CASE("a report tells what is missing before a source, and the stages' own figures") {
  Report report;
  for (const bool is_source : {true, false}) {
    StageReport stage;
    stage.name = is_source ? "cameras" : "decode";
    stage.is_source = is_source;
    stage.sources["pi"].missing = 7;
    stage.sources["pi"].dropped["repeated"] = 2;
    if (is_source) stage.figures["clock_offset_ms"]["pi"] = 3.25;
    report.stages.push_back(stage);
  }
  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json["stages"]["cameras"]["figures"]["clock_offset_ms"]["pi"] == 3.25);
  CHECK(json["stages"]["cameras"]["sources"]["pi"]["dropped"]["repeated"] == 2);
  CHECK_FALSE(json["stages"]["decode"].contains("figures"));
  const auto table = to_table(report);
  CHECK(table.find("cameras  pi clock_offset_ms: 3.250") != std::string::npos);
  // Once: behind the source the same frames are missing again.
  CHECK(table.find("7 missing") != std::string::npos);
  CHECK(table.find("7 missing") == table.rfind("7 missing"));
}

TEST_CASE("what a source brings is counted in bytes, too") {
  Ledger ledger;
  const cv::Mat pixels(2, 5, CV_8UC3, cv::Scalar::all(0));
  for (std::uint64_t n = 0; n < 3; ++n)
    ledger.arrived(Frame{"pi", n, {}, true, Image(Kind::bgr8, pixels), {}}, {}, 30);
  CHECK(ledger.book("pi").bytes == 90);
}

TEST_CASE("frames dropped as repeated are counted by source") {
  Ledger ledger;
  ledger.arrived_unknown();
  ledger.settle_dropped("pi", cause::repeated);
  ledger.arrived_unknown();
  ledger.settle_dropped("pi", cause::too_old);
  CHECK(ledger.book("pi").dropped.of("repeated") == 1);
  CHECK(ledger.book("pi").dropped.total() == 2);
}

TEST_CASE("what came since a source was forgotten and began anew is all of it") {
  const auto report = [](std::uint64_t in, std::uint64_t dropped) {
    Report r;
    StageReport stage;
    stage.sources["cam"].in = in;
    stage.sources["cam"].dropped["queue_full"] = dropped;
    r.stages.push_back(stage);
    return r;
  };
  const auto went_on = since(report(130, 12), report(100, 10)).stages[0].sources.at("cam");
  CHECK(went_on.in == 30);
  CHECK(went_on.dropped.at("queue_full") == 2);
  const auto anew = since(report(30, 2), report(100, 10)).stages[0].sources.at("cam");
  CHECK(anew.in == 30);
  CHECK(anew.dropped.at("queue_full") == 2);
}
