// Who gets into a hub with security = "curve", under which names, and who doesn't.

#include <sluice/testkit.hpp>
#include <zmq.hpp>

#include "catch.hpp"
#include "process.hpp"
#include "transport/keys.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using testkit::StageTest;

namespace {

struct Network {
  test::Folder folder;
  std::string address = "tcp://" + test::free_address();
  std::string hub_key, hub_public;
  std::filesystem::path allowed = folder.path() / "allowed";

  Network() {
    const auto files = write_keys(folder.path(), "hub", new_keys());
    hub_key = files.secret_file;
    hub_public = files.public_file;
    std::filesystem::create_directory(allowed);
  }
  // A device's keys; what a hub needs of them is put into the folder by allow().
  std::string make_device(const std::string& name) {
    return write_keys(folder.path(), name, new_keys()).secret_file;
  }
  void allow(const std::string& name) {
    std::filesystem::copy_file(folder.path() / (name + ".key"), allowed / (name + ".key"));
  }
  StageTest::Parameters hub(StageTest::Parameters more = {}) const {
    more.insert(more.end(), {{"bind", address},
                             {"security", "curve"},
                             {"key", hub_key},
                             {"allowed", allowed.string()}});
    return more;
  }
  StageTest::Parameters node(const std::string& key) const {
    return {{"connect", address}, {"security", "curve"}, {"key", key}, {"peer_key", hub_public}};
  }
};

struct Running : StageTest {
  Running(const char* type, const Parameters& parameters)
      : StageTest(type, parameters, &Clock::system()) {
    run_in_thread();
  }
  bool raised(const std::string& name) const {
    for (const auto& e : events())
      if (e.name == name) return true;
    return false;
  }
};

FramePtr frame(const std::string& source, std::uint64_t sequence) {
  return testkit::make_frame(cv::Mat::zeros(4, 4, CV_8UC3), source, sequence,
                             Clock::system().utc());
}

}  // namespace

TEST_CASE("an allowed device gets in, under its own name and no other") {
  Network network;
  const auto key = network.make_device("pi");
  network.allow("pi");
  Running hub("transport.receive", network.hub());
  Running node("transport.send", network.node(key));
  node.queue(frame("pi", 0));
  node.queue(frame("pi-left", 1));
  node.queue(frame("garage", 2));
  node.queue(frame("pip", 3));
  REQUIRE(node.eventually([&] { return node.counts().out == 2 && node.counts().failed == 2; }));
  CHECK(hub.counts().dropped["not_its_name"] == 2);
  REQUIRE(hub.frames().size() == 2);
  CHECK(hub.frames()[0]->source == "pi");
  CHECK(hub.frames()[1]->source == "pi-left");
  CHECK(node.log().back().find("and not as 'pip'") != std::string::npos);
}

TEST_CASE("a device whose key is not allowed is named and kept out, until the key is there") {
  Network network;
  const auto key = network.make_device("pi");
  Running hub("transport.receive", network.hub());
  Running node("transport.send", network.node(key));
  node.queue(frame("pi", 0));
  REQUIRE(hub.eventually([&] { return hub.raised("peer.refused"); }));
  REQUIRE(node.eventually([&] { return node.raised("peer.refused"); }));
  CHECK(hub.frames().empty());
  network.allow("pi");
  REQUIRE(hub.eventually([&] { return hub.frames().size() == 1; }));
}

TEST_CASE("a key taken away counts at once, on a connection that stands") {
  Network network;
  const auto key = network.make_device("pi");
  network.allow("pi");
  Running hub("transport.receive", network.hub());
  Running node("transport.send", network.node(key));
  node.queue(frame("pi", 0));
  REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
  std::filesystem::remove(network.allowed / "pi.key");
  std::uint64_t n = 1;
  REQUIRE(node.eventually([&] {
    node.queue(frame("pi", n++));
    return hub.counts().dropped["not_allowed"] > 0;
  }));
  const auto in = hub.frames().size();
  const auto failed = node.counts().failed;
  for (int i = 0; i < 5; ++i) node.queue(frame("pi", n++));
  REQUIRE(node.eventually([&] { return node.counts().failed >= failed + 5; }));
  CHECK(hub.frames().size() == in);
}

TEST_CASE("a peer without keys gets nothing in, and disturbs nobody") {
  Network network;
  const auto key = network.make_device("pi");
  network.allow("pi");
  Running hub("transport.receive", network.hub());
  Running plain("transport.send", {{"connect", network.address}});
  plain.queue(frame("plain", 0));
  REQUIRE(hub.eventually([&] { return hub.raised("peer.refused"); }));
  Running node("transport.send", network.node(key));
  node.queue(frame("pi", 0));
  REQUIRE(node.eventually([&] { return node.counts().out == 1; }));
  CHECK(hub.frames().size() == 1);
  CHECK(hub.counts().in == 1);
}

TEST_CASE("a node does not send to a hub that only claims to be its hub") {
  Network network;
  const auto key = network.make_device("pi");
  network.allow("pi");
  auto wrong = network.node(key);
  wrong.back().second = network.folder.path() / "pi.key";  // some other public key
  Running hub("transport.receive", network.hub());
  Running node("transport.send", wrong);
  node.queue(frame("pi", 0));
  REQUIRE(node.eventually([&] { return node.raised("peer.refused"); }));
  CHECK(hub.counts().in == 0);
}

TEST_CASE("a stranger who asks for a publication does not stop it for those who may have it") {
  Network network;
  const auto good_key = network.make_device("cellar");
  const auto bad_key = network.make_device("attic");
  network.allow("cellar");
  const auto publish = [](StageTest::Parameters parameters) {
    parameters.emplace_back("pattern", "publish");
    return parameters;
  };
  Running camera("transport.send", publish(network.hub()));
  Running good("transport.receive", publish(network.node(good_key)));
  Running bad("transport.receive", publish(network.node(bad_key)));
  REQUIRE(camera.eventually([&] { return camera.raised("peer.refused"); }));
  REQUIRE(bad.eventually([&] { return bad.raised("peer.refused"); }));
  std::uint64_t n = 0;
  REQUIRE(good.eventually([&] {
    camera.queue(frame("hub", n++));
    return good.frames().size() >= 20;
  }));
  CHECK_FALSE(camera.raised("link.down"));
  CHECK(bad.frames().empty());
}

TEST_CASE("who binds has the folder, whichever way the frames go, in every pattern") {
  const std::string pattern = GENERATE("request", "publish", "push");
  const bool stranger = GENERATE(false, true);
  CAPTURE(pattern, stranger);
  Network network;
  const auto hub_key = network.make_device("cellar");
  if (!stranger) network.allow("cellar");
  // The camera binds with the keys called "hub"; the hub connects with those of the cellar.
  Running camera("transport.send", network.hub({{"pattern", pattern}}));
  auto connecting = network.node(hub_key);
  connecting.emplace_back("pattern", pattern);
  Running hub("transport.receive", connecting);
  if (stranger) {
    REQUIRE(camera.eventually([&] { return camera.raised("peer.refused"); }));
    CHECK_FALSE(camera.raised("link.up"));
    return;
  }
  std::uint64_t n = 0;
  // What the hub connects to is called as its key's file is.
  REQUIRE(hub.eventually([&] {
    camera.queue(frame("hub-cam", n++));
    return !hub.frames().empty();
  }));
  camera.queue(frame("other", 0));
  REQUIRE(hub.eventually([&] { return hub.counts().dropped["not_its_name"] == 1; }));
}

TEST_CASE("keys that are not there, or not secret, are refused at the start with what to do") {
  Network network;
  const auto why = [](const StageTest::Parameters& parameters) {
    StageTest test("transport.receive", parameters, &Clock::system());
    try {
      test.start();
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string("it started");
  };
  auto missing = network.hub();
  missing[2].second = (network.folder.path() / "nobody.key_secret").string();
  CHECK(why(missing).find("sluice keygen") != std::string::npos);
  std::filesystem::permissions(network.hub_key, std::filesystem::perms(0644));
  CHECK(why(network.hub()).find("chmod 600") != std::string::npos);
}

TEST_CASE("where the hub connects, too, a longer name is its device's own") {
  Network network;
  const auto hub_key = network.make_device("cellar");
  network.allow("cellar");
  // Two cameras that bind, each with a folder that lets in the hub.
  std::vector<std::string> addresses, keys, publics;
  for (const char* name : {"pi", "pi-garage"}) {
    addresses.push_back("tcp://" + test::free_address());
    keys.push_back(network.make_device(name));
    publics.push_back(network.folder.path() / (std::string(name) + ".key"));
  }
  const auto camera = [&](std::size_t i) {
    return StageTest::Parameters{{"bind", addresses[i]},
                                 {"security", "curve"},
                                 {"key", keys[i]},
                                 {"allowed", network.allowed.string()}};
  };
  Running pi("transport.send", camera(0)), garage("transport.send", camera(1));
  Running hub(
      "transport.receive",
      {{"connect", addresses}, {"security", "curve"}, {"key", hub_key}, {"peer_key", publics}});
  pi.queue(frame("pi-garage", 0));
  REQUIRE(pi.eventually([&] { return pi.counts().failed == 1; }));
  CHECK(hub.counts().dropped["not_its_name"] == 1);
  garage.queue(frame("pi-garage", 0));
  pi.queue(frame("pi-left", 1));
  REQUIRE(garage.eventually([&] { return garage.counts().out == 1; }));
  REQUIRE(pi.eventually([&] { return pi.counts().out == 1; }));
}

TEST_CASE("a device that sends under ever new names shuts out no other") {
  Network network;
  const auto eve_key = network.make_device("eve"), pi_key = network.make_device("pi");
  network.allow("eve");
  network.allow("pi");
  Running hub("transport.receive", network.hub({{"max_sources", std::int64_t{8}}}));
  Running eve("transport.send", network.node(eve_key));
  for (std::uint64_t i = 0; i < 20; ++i) eve.queue(frame("eve-" + std::to_string(i), i));
  REQUIRE(eve.eventually([&] { return eve.counts().out == 8 && eve.counts().failed == 12; }));
  Running pi("transport.send", network.node(pi_key));
  // Half of the places; its own name has one in any case.
  for (std::uint64_t i = 0; i < 5; ++i) pi.queue(frame("pi-" + std::to_string(i), i));
  pi.queue(frame("pi", 0));
  REQUIRE(pi.eventually([&] { return pi.counts().out + pi.counts().failed == 6; }));
  CHECK(pi.counts().failed == 1);
  CHECK(pi.counts().out == 5);
}
