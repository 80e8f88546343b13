// The folder of allowed keys, as its files come, change and go.

#include "transport/allowed.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sluice/testkit.hpp>
#include <thread>

#include "catch.hpp"
#include "key_folder.hpp"
#include "skip.hpp"
#include "transport/device_names.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using testkit::error_of;
using testkit::FakeClock;
using testkit::KeyFolder;
namespace fs = std::filesystem;

namespace {

// A folder with an AllowedKeys that looks when told.
struct Hub {
  KeyFolder folder;
  FakeClock clock;
  std::optional<AllowedKeys> keys;

  AllowedKeys& start() { return keys.emplace(folder.path(), clock); }
  AllowedKeys& look_again(Duration after = 1s) {
    clock.advance(after);
    return *keys;
  }
};

std::string key() { return new_keys().public_key; }

// Sets a file's time of change, as when it is written twice in one tick.
void set_time(const fs::path& path, std::int64_t second) {
  const timespec times[2] = {{second, 0}, {second, 0}};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

bool one_with(const std::vector<std::string>& problems, const std::string& part) {
  INFO((problems.empty() ? "none" : problems[0]));
  CHECK(problems.size() == 1);
  return problems.size() == 1 && problems[0].find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a device is who has the key of its file") {
  Hub hub;
  const auto garage = key(), porch = key();
  hub.folder.allow("pi-garage", garage);
  hub.folder.allow("pi-porch", porch);
  hub.folder.write("README", "not a key");
  hub.folder.write(".pi-hidden.key", "half copied");
  auto& keys = hub.start();
  CHECK(keys.device_of(garage) == "pi-garage");
  CHECK(keys.device_of(porch) == "pi-porch");
  CHECK(keys.device_of(key()) == std::nullopt);
  CHECK(keys.device_of("") == std::nullopt);
  CHECK(keys.allows("pi-garage"));
  CHECK_FALSE(keys.allows("pi-hidden"));
  CHECK(keys.take_problems().empty());
}

TEST_CASE("keys put there, replaced and taken away count at the next look") {
  Hub hub;
  auto& keys = hub.start();
  const auto first = key(), second = key();
  CHECK_FALSE(keys.device_of(first));
  hub.folder.allow("pi", first);
  // Half a second must pass, so that frames may ask as often as they like.
  hub.look_again(499ms);
  CHECK_FALSE(keys.device_of(first));
  hub.look_again(1ms);
  CHECK(keys.device_of(first) == "pi");
  hub.folder.allow("pi", second);
  hub.look_again();
  CHECK_FALSE(keys.device_of(first));
  CHECK(keys.device_of(second) == "pi");
  fs::rename(hub.folder / "pi.key", hub.folder / "pi2.key");
  hub.look_again();
  CHECK_FALSE(keys.allows("pi"));
  CHECK(keys.device_of(second) == "pi2");
  hub.folder.revoke("pi2");
  hub.look_again();
  CHECK_FALSE(keys.device_of(second));
  CHECK_FALSE(keys.allows("pi2"));
}

TEST_CASE("a key replaced by one of the same length and time is seen") {
  Hub hub;
  const auto first = key(), second = key();
  hub.folder.allow("pi", first);
  set_time(hub.folder / "pi.key", 1'700'000'000);
  auto& keys = hub.start();
  hub.look_again(10s);
  CHECK(keys.device_of(first) == "pi");
  hub.look_again(10s);
  SECTION("by writing into the file") {
    hub.folder.allow("pi", second);
    set_time(hub.folder / "pi.key", 1'700'000'000);
  }
  SECTION("by putting another in its place") {
    hub.folder.allow("new", second);
    set_time(hub.folder / "new.key", 1'700'000'000);
    fs::rename(hub.folder / "new.key", hub.folder / "pi.key");
  }
  hub.look_again();
  CHECK_FALSE(keys.device_of(first));
  CHECK(keys.device_of(second) == "pi");
}

TEST_CASE("a file that is no good is told once for each change, and the others count") {
  Hub hub;
  const auto good = key();
  hub.folder.allow("good", good);
  hub.folder.write("bad.key", "curve\n    public-key = \"short\"\n");
  auto& keys = hub.start();
  CHECK(one_with(keys.take_problems(), "bad.key: its public-key is not 40 characters"));
  CHECK(keys.device_of(good) == "good");
  CHECK_FALSE(keys.allows("bad"));
  for (int i = 0; i < 20; ++i) CHECK(hub.look_again().take_problems().empty());
  hub.folder.write("bad.key", "curve\n    public-key = \"as short\"\n");
  CHECK(one_with(hub.look_again().take_problems(), "bad.key: its public-key is not 40 characters"));
  const auto mended = key();
  hub.folder.allow("bad", mended);
  CHECK(hub.look_again().take_problems().empty());
  CHECK(keys.device_of(mended) == "bad");
  CHECK(keys.device_of(good) == "good");
}

TEST_CASE("two files with one key: the first by name has it, and the other is told") {
  Hub hub;
  const auto shared = key();
  hub.folder.allow("a", shared);
  hub.folder.allow("b", shared);
  auto& keys = hub.start();
  CHECK(one_with(keys.take_problems(), "b.key has the key of a.key"));
  CHECK(keys.device_of(shared) == "a");
  CHECK(keys.allows("a"));
  CHECK_FALSE(keys.allows("b"));
  hub.folder.revoke("a");
  CHECK(hub.look_again().take_problems().empty());
  CHECK(keys.device_of(shared) == "b");
}

TEST_CASE("a secret key in the folder lets nobody in") {
  Hub hub;
  const auto pair = new_keys();
  SECTION("by its own name") {
    write_keys(hub.folder.path(), "pi", pair);
    fs::remove(hub.folder / "pi.key");
    CHECK(one_with(hub.start().take_problems(), "pi.key_secret is a secret key"));
  }
  SECTION("under the name of a public one") {
    write_keys(hub.folder.path(), "pi", pair);
    fs::rename(hub.folder / "pi.key_secret", hub.folder / "pi.key");
    CHECK(one_with(hub.start().take_problems(), "pi.key has a secret key"));
  }
  CHECK_FALSE(hub.keys->device_of(pair.public_key));
  CHECK_FALSE(hub.keys->allows("pi"));
}

TEST_CASE("a file whose name is no device's is told") {
  Hub hub;
  const auto spaced = key();
  hub.folder.allow("pi garage", spaced);
  hub.folder.allow(std::string(65, 'a'), key());
  CHECK(hub.start().take_problems().size() == 2);
  CHECK_FALSE(hub.keys->device_of(spaced));
}

namespace {

bool may_send_as(AllowedKeys& keys, const std::string& device, const std::string& source) {
  return keys.allows(device) &&
         owns(device, source, [&](const std::string& name) { return keys.named(name); });
}

}  // namespace

TEST_CASE("a device sends as itself and its parts, and not as another device") {
  Hub hub;
  for (const char* device : {"pi", "pi-garage", "pi-garage-door", "porch"})
    hub.folder.allow(device, key());
  hub.folder.write("pi-attic.key", "not yet a key");
  auto& keys = hub.start();
  struct Row {
    const char *device, *source;
    bool may;
  };
  const Row rows[] = {
      {"pi", "pi", true},
      {"pi", "pi-left", true},
      {"pi", "pi2", false},
      {"pi", "p", false},
      {"pi", "porch", false},
      {"pi", "PI", false},
      {"pi", "pi_left", false},
      {"pi", "pi-garage", false},
      {"pi", "pi-garage-left", false},
      {"pi", "pi-garages", true},
      {"pi", "pi-attic", false},  // it has that name, though no good key
      {"pi-garage", "pi-garage", true},
      {"pi-garage", "pi-garage-left", true},
      {"pi-garage", "pi-garage-door", false},
      {"pi-garage", "pi-garage-door-2", false},
      {"pi-garage", "pi", false},
      {"pi-garage-door", "pi-garage-door-2", true},
      {"pi-garage-door", "pi-garage-doors", false},
      {"pi-attic", "pi-attic", false},
      {"stranger", "stranger", false},
      {"", "-left", false},
  };
  for (const auto& row : rows) {
    INFO(row.device << " as " << row.source);
    CHECK(may_send_as(keys, row.device, row.source) == row.may);
  }
  hub.folder.revoke("pi-garage");
  hub.look_again();
  CHECK(may_send_as(keys, "pi", "pi-garage-left"));
  CHECK_FALSE(may_send_as(keys, "pi-garage", "pi-garage-left"));
}

TEST_CASE("without a folder nothing starts, and it says what to do") {
  const KeyFolder folder;
  const FakeClock clock;
  const auto missing = (folder / "allowed").string();
  CHECK(error_of([&] { AllowedKeys(missing, clock); }).find("`mkdir -p " + missing + "`") !=
        std::string::npos);
  folder.write("file", "");
  CHECK(error_of([&] { AllowedKeys(folder / "file", clock); }).find("Not a directory") !=
        std::string::npos);
}

TEST_CASE("when the folder goes nobody is allowed, until it is back") {
  Hub hub;
  const auto garage = key();
  const auto allowed = hub.folder / "allowed", away = hub.folder / "away";
  fs::create_directory(allowed);
  hub.folder.allow("allowed/pi", garage);
  AllowedKeys keys(allowed, hub.clock);
  CHECK(keys.allows("pi"));
  for (int round = 0; round < 2; ++round) {
    fs::rename(allowed, away);
    hub.clock.advance(1s);
    CHECK_FALSE(keys.device_of(garage));
    CHECK_FALSE(keys.allows("pi"));
    CHECK(one_with(keys.take_problems(), "nobody is allowed in"));
    hub.clock.advance(1s);
    CHECK(keys.take_problems().empty());
    fs::rename(away, allowed);
    hub.clock.advance(1s);
    CHECK(keys.device_of(garage) == "pi");
    CHECK(keys.take_problems().empty());
  }
}

TEST_CASE("a folder that others can write lets nobody in, until it is closed to them") {
  Hub hub;
  const auto garage = key();
  const auto allowed = hub.folder / "allowed";
  fs::create_directory(allowed);
  hub.folder.allow("allowed/pi", garage);
  REQUIRE(chmod(allowed.c_str(), 0777) == 0);
  const auto open = "others can write '" + allowed.string() + "' (mode 0777); chmod go-w '" +
                    allowed.string() + "'";
  CHECK(error_of([&] { AllowedKeys(allowed, hub.clock); }) ==
        "the folder of allowed keys " + allowed.string() + " is not taken: " + open);
  REQUIRE(chmod(allowed.c_str(), 0755) == 0);
  AllowedKeys keys(allowed, hub.clock);
  CHECK(keys.device_of(garage) == "pi");
  for (int round = 0; round < 2; ++round) {
    REQUIRE(chmod(allowed.c_str(), 0777) == 0);
    hub.clock.advance(1s);
    CHECK_FALSE(keys.device_of(garage));
    CHECK(one_with(keys.take_problems(), "nobody is allowed in: " + open));
    hub.clock.advance(1s);
    CHECK(keys.take_problems().empty());
    REQUIRE(chmod(allowed.c_str(), 0755) == 0);
    hub.clock.advance(1s);
    CHECK(keys.device_of(garage) == "pi");
    CHECK(keys.take_problems().empty());
  }
}

TEST_CASE("a key that others can change lets its device not in, and the others count") {
  Hub hub;
  const auto garage = key(), porch = key();
  hub.folder.allow("pi-garage", garage);
  hub.folder.allow("pi-porch", porch);
  REQUIRE(chmod((hub.folder / "pi-porch.key").c_str(), 0666) == 0);
  auto& keys = hub.start();
  CHECK(keys.device_of(garage) == "pi-garage");
  CHECK_FALSE(keys.device_of(porch));
  CHECK(one_with(keys.take_problems(), "a device is not allowed in: the key file "));
  REQUIRE(chmod((hub.folder / "pi-porch.key").c_str(), 0644) == 0);
  hub.look_again();
  CHECK(keys.device_of(porch) == "pi-porch");
}

TEST_CASE("with no file descriptor left, the folder counts as it was") {
#ifdef __SANITIZE_ADDRESS__
  test::skip("the sanitizer itself needs a descriptor to look at an object");
#endif
  Hub hub;
  const auto garage = key();
  hub.folder.allow("pi", garage);
  auto& keys = hub.start();
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(next >= 0);
  close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  hub.look_again();
  const auto device = keys.device_of(garage);
  const auto problems = keys.take_problems();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(device == "pi");
  CHECK(one_with(problems, "counts as it was"));
  // What was missed is made up for.
  hub.folder.revoke("pi");
  hub.look_again();
  CHECK_FALSE(keys.device_of(garage));
  CHECK(keys.take_problems().empty());
}

TEST_CASE("several threads may ask while the folder changes") {
  const KeyFolder folder;
  AllowedKeys keys(folder.path(), Clock::system());
  const auto steady = key(), coming = key();
  folder.allow("steady", steady);
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!keys.device_of(steady) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  std::atomic<int> wrong = 0;
  std::atomic<bool> seen = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      while (!seen && std::chrono::steady_clock::now() < deadline) {
        if (keys.device_of(steady) != "steady" || !may_send_as(keys, "steady", "steady-a")) ++wrong;
        if (keys.device_of(coming)) seen = true;
      }
    });
  folder.write("coming.part", "curve\n    public-key = \"" + coming + "\"\n");
  fs::rename(folder / "coming.part", folder / "coming.key");
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(seen);
}
