// Strangers at the shipped hub's page, and at pages that others can reach.

#include <atomic>
#include <deque>
#include <list>
#include <set>
#include <thread>

#include "catch.hpp"
#include "contains.hpp"
#include "hostile/shipped.hpp"
#include "tcp.hpp"

using namespace test;
using namespace std::chrono_literals;
using sluice::testkit::HttpClient;

namespace {

const std::string kWithToken = fmt::format("[dashboard]\ntoken = \"{}\"\n", kToken);

// The status that these very bytes are answered with; 0 where the server just closes.
int status_of(std::uint16_t port, const std::string& bytes) {
  HttpClient client(port);
  client.send(bytes);
  const auto answer = client.to_end();
  return answer.empty() ? 0 : HttpClient::status(answer);
}

std::string get(const std::string& path, const std::string& fields) {
  return "GET " + path + " HTTP/1.1\r\n" + fields + "\r\n";
}

const std::string kHost = "Host: 127.0.0.1\r\n";
const std::string kClose = "Connection: close\r\n";

std::string with_token(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

}  // namespace

TEST_CASE("slow connections to the page don't shut out who has the token") {
  ShippedHub hub({}, kWithToken);
  std::list<Tcp> slow;
  for (int i = 0; i < 150; ++i)
    slow.emplace_back(fmt::format("127.0.0.1:{}", hub.page()))
        .send("GET /sources.json HTTP/1.1\r\nX: ");
  // A byte now and then, so that none of them is idle.
  std::atomic<bool> over{false};
  std::thread trickle([&] {
    for (int n = 0; !over; ++n) {
      if (n % 40 == 0) slow.remove_if([](Tcp& one) { return !one.send("x"); });
      std::this_thread::sleep_for(50ms);
    }
  });
  struct Join {
    std::atomic<bool>& over;
    std::thread& thread;
    ~Join() { over = true, thread.join(); }
  } join{over, trickle};
  for (const char* path : {"/sources.json", "/metrics", "/health"})
    CHECK(status_of(hub.page(), get(path, kHost + kClose + with_token(kToken))) == 200);
}

TEST_CASE("wrong tokens are refused, told a few times, and the right one still works") {
  ShippedHub hub({}, kWithToken);
  for (int i = 0; i < 40; ++i) {
    HttpClient guesser(hub.page());
    guesser.send(get("/sources.json", kHost + kClose + with_token(fmt::format("wrong-{:026}", i))));
    const auto answer = guesser.to_end();
    CHECK(HttpClient::status(answer) / 100 == 4);
  }
  // Who comes from the same address has to wait a moment, as it was told.
  const auto right = get("/sources.json", kHost + kClose + with_token(kToken));
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (status_of(hub.page(), right) != 200) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::sleep_for(200ms);
  }
  CHECK(status_of(hub.page(), get("/sources.json", kHost + kClose + "Authorization: bearer " +
                                                       kToken + "\r\n")) == 200);
  const auto said = hub.process().process().err();
  std::size_t told = 0;
  for (std::size_t at = 0; (at = said.find("oken", at)) != std::string::npos; ++at) ++told;
  CHECK(told > 0);
  CHECK(told < 20);
  CHECK_THAT(said, !ContainsSubstring("wrong-"));
}

TEST_CASE("the documentation's example token lets nobody in") {
  const Folder folder;
  const auto graph =
      folder.write("hub.toml", shipped("hub", "[dashboard]\ntoken = \"change-me-0123456789\"\n"));
  Process check(test::sluice({"check", graph}));
  CHECK(check.wait() == 2);
  CHECK_THAT(check.err() + check.out(), ContainsSubstring("token"));
}

TEST_CASE("requests that two readers could take for different ones are refused") {
  ShippedHub hub;
  const std::string body = "0\r\n\r\n";
  for (const auto& fields : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Content-Length: 5\r\nContent-Length: 40\r\n",
           "Content-Length : 5\r\n",
           "Host: elsewhere\r\n",
           "Host: 127.0.0.1\r\n",
       }) {
    INFO(fields);
    const int status = status_of(hub.page(), get("/sources.json", kHost + kClose + fields) + body);
    CHECK((status == 0 || status / 100 == 4));
  }
  CHECK(status_of(hub.page(), get("/sources.json", kHost + kClose)) == 200);
}

TEST_CASE("a page that all of the network may see answers to its own names only") {
  const auto address = free_address();
  const auto port = address.substr(address.find(':'));
  ShippedHub hub({}, fmt::format("[stage.wall]\ntype = \"display.web\"\nfrom = \"motion\"\n"
                                 "listen = \"0.0.0.0{}\"\nallow_remote = true\n",
                                 port));
  const auto number = static_cast<std::uint16_t>(std::stoi(port.substr(1)));
  CHECK(status_of(number, get("/sources.json", kHost + kClose)) == 200);
  for (const char* name : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""})
    CHECK(status_of(number, get("/sources.json", fmt::format("Host: {}\r\n", name) + kClose)) !=
          200);
}

TEST_CASE("what stands between the pictures of a stream can't be foreseen") {
  std::set<std::string> boundaries;
  for (int i = 0; i < 2; ++i) {
    ShippedHub hub;
    HttpClient viewer(hub.page());
    const auto type = HttpClient::field(viewer.begin_stream("/montage.mjpg"), "Content-Type");
    boundaries.insert(type.substr(type.find("boundary=") + 9));
  }
  CHECK(boundaries.size() == 2);
}

TEST_CASE("streams that nobody reads leave a page its figures") {
  ShippedHub hub;
  std::deque<HttpClient> viewers;
  for (int i = 0; i < 100; ++i) {
    viewers.emplace_back(hub.page(), 4096);
    viewers.back().request(i % 2 == 0 ? "/montage.mjpg" : "/stream/nobody.mjpg");
  }
  for (const char* path : {"/sources.json", "/metrics", "/health"})
    CHECK(status_of(hub.page(), get(path, kHost + kClose)) == 200);
  hub.end();
}
