// What the check of a graph says of the addresses of transport stages, and where.

#include <sluice/graph/load.hpp>
#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace sluice;

namespace {

std::vector<Problem> problems_of(const std::string& graph) {
  LoadRequest request;
  request.graph = "test.toml";
  request.device = "here";
  request.variable = [](const std::string&) { return std::nullopt; };
  return load_graph_text(graph, request).problems;
}

std::vector<Problem> receive(const std::string& lines) {
  return problems_of("[stage.cameras]\ntype = \"transport.receive\"\n" + lines +
                     "\n[stage.end]\ntype = \"sink.discard\"\nfrom = \"cameras\"\n");
}

std::vector<Problem> send(const std::string& lines) {
  return problems_of(
      "[stage.camera]\ntype = \"capture.synthetic\"\n"
      "[stage.uplink]\ntype = \"transport.send\"\nfrom = \"camera\"\n" +
      lines);
}

// The one problem, with its place.
std::string only(const std::vector<Problem>& problems) {
  if (problems.size() != 1) return std::to_string(problems.size()) + " problems";
  CHECK(problems[0].code == "bad-parameter");
  return to_text(problems[0]);
}

bool has(const std::string& text, std::string_view part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("check: addresses of every form that works pass, resolvable now or not") {
  for (const std::string good :
       {"tcp://127.0.0.1:5555", "tcp://localhost:5555", "tcp://[::1]:5555", "ipc:///tmp/x",
        "ipc://@name", "tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://lo:5555"}) {
    INFO(good);
    CHECK(receive("bind = \"" + good + "\"").empty());
  }
  for (const std::string good :
       {"tcp://no-such-host.invalid:5555", "tcp://hub_1.local:1", "tcp://192.0.2.7:65535",
        "tcp://[2001:db8::7]:5555", "tcp://[fe80::1%eth0]:5555", "ipc://relative/path"}) {
    INFO(good);
    CHECK(send("connect = \"" + good + "\"").empty());
  }
  CHECK(receive("bind = \"tcp://127.0.0.1:1\"\nconnect = [\"tcp://a:1\", \"tcp://b:1\"]").empty());
}

TEST_CASE("check: an address that is none is shown where it stands, with what to write") {
  const std::vector<std::pair<std::string, std::string>> bad{
      {"hub:5555", "write tcp://HOST:PORT or ipc://PATH"},
      {"udp://hub:5555", "neither tcp:// nor ipc://"},
      {"", "neither tcp:// nor ipc://"},
      {"tcp://hub", "the port is missing"},
      {"tcp://[::1]", "the port is missing"},
      {"tcp://:5555", "the host is missing"},
      {"tcp://127.0.0.1:99999", "1 to 65535"},
      {"tcp://127.0.0.1:-1", "1 to 65535"},
      {"tcp://127.0.0.1:5555x", "1 to 65535"},
      {"tcp://::1:5555", "in brackets"},
      {"tcp://[::x]:5555", "no IPv6 address"},
      {"tcp://hub name:5555", "characters that no name has"},
      {"tcp://u@hub:5555", "characters that no name has"},
      {"ipc://", "the path is missing"},
      {"ipc:///" + std::string(107, 'x'), "longer than 107 bytes"}};
  for (const auto& [address, why] : bad) {
    INFO(address);
    CHECK(has(only(send("connect = \"" + address + "\"")), why));
    CHECK(has(only(receive("bind = [\"tcp://127.0.0.1:1\", \"" + address + "\"]")), why));
  }
  // '*' is for the side that binds.
  CHECK(has(only(send("connect = \"tcp://*:5555\"")), "can't be connected to"));
  CHECK(has(only(send("connect = \"tcp://127.0.0.1:*\"")), "1 to 65535"));

  const auto two = send("connect = [\"tcp://a:1\", \"b:1\"]\nbind = \"tcp://c\"");
  REQUIRE(two.size() == 2);
  CHECK(two[0].line == 6);
  CHECK(two[0].column == 25);
  CHECK(two[1].line == 7);
  CHECK(two[1].column == 8);
}

TEST_CASE("check: a transport stage without an address is told so, at its own place") {
  for (const auto& found : {send(""), receive("bind = []")})
    CHECK(has(only(found), "neither bind nor connect is given"));
  CHECK(receive("")[0].line == 1);
}

TEST_CASE("check: listening where other machines reach needs a word about security") {
  for (const std::string open : {"tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://[::]:5555",
                                 "tcp://192.0.2.1:5555", "tcp://eth0:5555"}) {
    INFO(open);
    const auto lines = "bind = [\"ipc:///tmp/x\", \"" + open + "\"]\n";
    for (const auto& found : {receive(lines), send(lines)}) {
      const auto text = only(found);
      CHECK(has(text, open + " can be reached by other machines"));
      CHECK(has(text, "write security = \"curve\" with keys, or security = \"none\""));
      CHECK(found[0].column == 25);
    }
    CHECK(receive(lines + "security = \"none\"").empty());
    CHECK(send(lines + "security = \"none\"").empty());
  }
  // Connecting is no opening.
  CHECK(receive("connect = \"tcp://192.0.2.1:5555\"").empty());
}

TEST_CASE("check: keys that are missing, too many, or lock nothing") {
  const std::string curve = "security = \"curve\"\nkey = \"pi.key_secret\"\n";
  const std::string to = "connect = \"tcp://hub:5555\"\n";
  const std::string on = "bind = \"tcp://*:5555\"\n";
  CHECK(send(to + curve + "peer_key = \"hub.key\"").empty());
  CHECK(receive(on + curve + "allowed = \"devices\"").empty());
  CHECK(has(only(send(to + curve)), "to connect with \"curve\" needs 'peer_key'"));
  CHECK(has(only(receive(on + curve)), "to listen with \"curve\" needs 'allowed'"));
  CHECK(has(only(send(to + "security = \"curve\"\npeer_key = \"hub.key\"")), "sluice keygen NAME"));
  const auto open = send(to + "key = \"pi.key_secret\"");
  CHECK(has(only(open), "'key' without security = \"curve\" locks nothing"));
  const std::string two = "peer_key = [\"a.key\", \"b.key\"]\n";
  CHECK(receive("connect = [\"tcp://a:1\", \"tcp://b:1\"]\n" + curve + two).empty());
  CHECK(has(only(receive(to + curve + two)), "2 keys for 1 addresses"));
}

TEST_CASE("check: what only imagehub is told needs imagehub, and a name that fits its files") {
  const std::string to = "connect = \"tcp://a:1\"\n";
  const std::string hub = to + "peer = \"imagehub\"\n";
  CHECK(send(hub + "node = \"Front Garden\"\nheartbeat = \"1m\"").empty());
  CHECK(has(only(send(to + "node = \"pi\"")), "only imagehub is told 'node'"));
  CHECK(has(only(send(to + "heartbeat = \"1m\"")), "only imagehub is told 'heartbeat'"));
  CHECK(has(only(send(hub + "node = \"../x\"")), "a node can't have this name"));
  CHECK(has(only(send(hub + "pattern = \"publish\"")), "imagehub takes requests only"));
  CHECK(has(only(send(to + "peer = \"netgear\"\npattern = \"push\"")),
            "only Sluice hubs take what is pushed"));
  CHECK(has(only(send(to + "peer = \"smoothstream\"")), "SmoothStream's viewer subscribes"));
}
