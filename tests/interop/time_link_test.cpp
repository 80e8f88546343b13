// sluice time send and sluice time receive with the real imagezmq at the other end.

#include <csignal>

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;

namespace {

nlohmann::json run_of(const std::string& file) { return read_json(file)["variants"][0]["runs"][0]; }

}  // namespace

TEST_CASE("time send to an ImageHub: every frame it got was acknowledged") {
  const bool jpg = GENERATE(false, true);
  const Folder folder;
  const auto address = "tcp://" + free_address();
  const auto file = (folder.path() / "sent.json").string();
  std::vector<std::string> options{address};
  if (jpg) options.push_back("--jpg");
  Process hub(python("hub.py", options));
  Process sender(
      sluice({"time", "send", address, "--name", "garage", "--size", "64x48", "--rate", "100",
              "--warmup", "200ms", "--for", "500ms", "--json", file, jpg ? "--jpeg=90" : "--raw"}));
  REQUIRE(sender.wait() == 0);
  INFO(sender.out() << sender.err());
  const std::size_t acknowledged = run_of(file)["whole_run"]["stages"]["send"]["out"];
  CHECK(acknowledged > 0);
  CHECK(tells(hub, "sum", acknowledged));
  CHECK(told(hub).size() == acknowledged);
  CHECK(told(hub)[0]["msg"] == "garage");
}

TEST_CASE("an ImageSender to time receive: all frames are counted, their age from arrival") {
  const bool jpg = GENERATE(false, true);
  const Folder folder;
  const auto address = "tcp://" + free_address();
  const auto file = (folder.path() / "got.json").string();
  std::vector<std::string> options{address, "--count", "100"};
  if (jpg) options.push_back("--jpg");
  Process receiver(
      sluice({"time", "receive", address, "--warmup", "200ms", "--idle", "5s", "--json", file}));
  Process sender(python("sender.py", options));
  REQUIRE(sender.wait() == 0);
  REQUIRE(receiver.wait() == 0);
  INFO(receiver.out() << receiver.err());
  const auto run = run_of(file);
  CHECK(run["whole_run"]["stages"]["receive"]["out"] == 100);
  CHECK(run["whole_run"]["stages"]["end"]["out"] == 100);  // whatever it was, it is pixels now
  CHECK(run["stages"]["receive"]["sources"]["camera"]["age_from"] == "arrival");
  CHECK(receiver.out().find("arrival, as it sends no capture time") != std::string::npos);
}
