// sluice time send and sluice time receive, each a process of its own.

#include <csignal>

#include "catch.hpp"
#include "process.hpp"
#include "skip.hpp"

using namespace test;
using nlohmann::json;

namespace {

// Small pictures, and a short warm-up.
std::vector<std::string> send(const std::string& address, std::vector<std::string> more) {
  auto call = sluice({"time", "send", address, "--name", "garage", "--warmup", "200ms"});
  call.insert(call.end(), more.begin(), more.end());
  return call;
}

std::vector<std::string> receive(const std::string& address, std::vector<std::string> more) {
  auto call = sluice({"time", "receive", address, "--warmup", "200ms"});
  call.insert(call.end(), more.begin(), more.end());
  return call;
}

json run_of(const std::filesystem::path& file) { return read_json(file)["variants"][0]["runs"][0]; }

}  // namespace

TEST_CASE("time send to time receive: what was acknowledged is what came, and both tell its age") {
  const bool raw = GENERATE(false, true);
  const Folder folder;
  const auto address = "tcp://" + free_address();
  const auto sent_file = (folder.path() / "sent.json").string();
  const auto got_file = (folder.path() / "got.json").string();
  Process receiver(receive(address, {"--json", got_file, "--idle", "5s"}));
  Process sender(send(address, {"--for", "500ms", "--size", "320x240", "--json", sent_file,
                                raw ? "--raw" : "--jpeg=60"}));
  REQUIRE(sender.wait() == 0);
  REQUIRE(receiver.wait() == 0);  // by itself, as no more frames come
  INFO(sender.out() << sender.err() << receiver.out() << receiver.err());

  const auto sent = run_of(sent_file), got = run_of(got_file);
  const auto& uplink = sent["whole_run"]["stages"]["send"];
  const auto& arrived = got["whole_run"]["stages"]["receive"];
  CHECK(uplink["out"] > 0);
  CHECK(uplink["out"] == arrived["out"]);
  CHECK(got["whole_run"]["stages"]["end"]["out"] == arrived["out"]);
  CHECK(arrived["failed"] == 0);
  for (const auto* end : {&sent, &got})
    for (const auto& [name, stage] : (*end)["whole_run"]["stages"].items()) {
      INFO(name << ": " << stage.dump());
      int dropped = 0;
      for (const auto& [cause, count] : stage["dropped"].items()) dropped += count.get<int>();
      CHECK(stage["in"] == stage["out"].get<int>() + dropped + stage["failed"].get<int>() +
                               stage["queued"].get<int>());
    }

  const auto& source = got["stages"]["receive"]["sources"]["garage"];
  if (raw) CHECK(source["bytes"] == source["frames"].get<std::int64_t>() * 320 * 240 * 3);
  CHECK_FALSE(source.contains("age_from"));
  CHECK(got["stages"]["end"]["age_ms"]["count"] > 0);
  CHECK(sent["stages"]["send"]["figures"]["round_trip_ms"].contains(address));
  CHECK(sender.out().find("round_trip_ms") != std::string::npos);
  CHECK(receiver.out().find("MB/s") != std::string::npos);
  CHECK(receiver.err().find(" | garage ") != std::string::npos);  // a line a second
}

TEST_CASE("time send at a rate, published, and time receive for a time") {
  const Folder folder;
  const auto address = "tcp://" + free_address();
  const auto got_file = (folder.path() / "got.json").string();
  Process sender(send(address, {"--bind", "--pattern", "publish", "--rate", "100", "--for", "1h",
                                "--size", "320x240"}));
  Process receiver(receive(
      address, {"--connect", "--pattern", "publish", "--for", "500ms", "--json", got_file}));
  REQUIRE(receiver.wait() == 0);
  CHECK(sender.wait(std::chrono::seconds(0)) == -1);
  sender.signal(SIGINT);
  REQUIRE(sender.wait() == 0);
  CHECK(sender.out().find("garage") != std::string::npos);
  CHECK(run_of(got_file)["stages"]["end"]["frames"] > 0);
}

TEST_CASE("time send sends a video's pictures, from memory") {
  const auto video = example_video().string();
  const Folder folder;
  const auto address = "tcp://" + free_address();
  const auto file = (folder.path() / "got.json").string();
  Process receiver(receive(address, {"--json", file, "--idle", "5s"}));
  Process sender(send(address, {"--video", video, "--raw", "--for", "500ms"}));
  REQUIRE(sender.wait() == 0);
  REQUIRE(receiver.wait() == 0);
  const auto source = run_of(file)["stages"]["receive"]["sources"]["garage"];
  CHECK(source["bytes"] == source["frames"].get<std::int64_t>() * 768 * 576 * 3);
  CHECK(source["missing"] == 0);
}

TEST_CASE("time receive that is ended before a frame came has no figures") {
  Process receiver(receive("tcp://" + free_address(), {}));
  REQUIRE(receiver.says("listening on"));
  receiver.signal(SIGINT);
  CHECK(receiver.wait() == 1);
  CHECK(receiver.err().find("before the first frame") != std::string::npos);
  CHECK(receiver.out().empty());
}

TEST_CASE("time send and time receive say what is wrong with their arguments") {
  struct Case {
    std::vector<std::string> arguments;
    const char* says;
  };
  const std::vector<Case> cases{
      {{"send"}, "ADDRESS"},
      {{"send", "tcp://a:1", "--raw", "--jpeg", "80"}, "excludes"},
      {{"send", "tcp://a:1", "--video", "x.avi", "--rate", "5"}, "excludes"},
      {{"send", "tcp://a:1", "--pattern", "shout"}, "--pattern"},
      {{"send", "tcp://a:1", "--size", "big"}, "--size takes WIDTHxHEIGHT"},
      {{"send", "tcp://a:1", "--size", "640x480x3"}, "--size takes WIDTHxHEIGHT"},
      {{"send", "tcp://a:1", "--size", "1x1"}, "out-of-range"},
      {{"send", "tcp://a:1", "--jpeg", "101"}, "out-of-range"},
      {{"send", "tcp://a:1", "--for", "soon"}, "--for takes a duration"},
      {{"send", "a", "--name", "\"${no"}, "tcp://HOST:PORT"},
      {{"send", "tcp://a:1", "--set", "stage.sned.window=2"}, "did you mean 'send'?"},
      {{"receive", "--idle", "never"}, "--idle takes a duration"},
      {{"receive", "tcp://*:5555"}, "--set stage.receive.security=none"},
      {{"--vary", "a=1", "receive"}, "excludes"},
  };
  for (const auto& c : cases) {
    std::vector<std::string> call{"time"};
    std::string shown;
    for (const auto& word : c.arguments) shown += word + " ";
    call.insert(call.end(), c.arguments.begin(), c.arguments.end());
    Process process(sluice(call));
    CHECK(process.wait() == 2);
    INFO(shown << "\n" << process.err());
    CHECK(process.err().find(c.says) != std::string::npos);
  }
}
