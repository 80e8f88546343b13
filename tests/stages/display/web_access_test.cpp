// display.web as a web server: where it listens, whom it answers, and what.

#include <unistd.h>

#include <array>
#include <memory>
#include <set>
#include <sluice/graph/listen.hpp>
#include <system_error>
#include <vector>

#include "catch.hpp"
#include "web_fixture.hpp"

using namespace sluice;
using namespace sluice::testkit;

TEST_CASE("display.web serves a page that needs nothing from elsewhere") {
  Page page;
  page.send(picture());
  const auto root = page.get("/");
  CHECK(root.status == 200);
  CHECK(has(root.body, "src=\"/montage.mjpg\""));
  CHECK(has(root.head, "Content-Security-Policy: default-src 'none'"));
  CHECK(has(root.head, "nosniff"));
  CHECK(has(root.head, "Cross-Origin-Resource-Policy: same-origin"));
  const auto one = page.get("/source/cam");
  CHECK(one.status == 200);
  CHECK(has(one.body, "src=\"/stream/cam.mjpg\""));
  CHECK(has(one.body, "/snapshot/cam.jpg"));
  for (const auto* html : {&root.body, &one.body}) {
    // What the policy would forbid, and what would make it worthless.
    CHECK_FALSE(has(*html, "://"));
    CHECK_FALSE(has(*html, "<style"));
    CHECK_FALSE(has(*html, "style="));
    CHECK_FALSE(has(*html, "onclick"));
    CHECK_FALSE(has(*html, "<script>"));
    CHECK_FALSE(has(*html, "{0}"));
  }
  CHECK(has(page.get("/sluice.css").head, "text/css"));
  CHECK(has(page.get("/sluice.js").head, "text/javascript"));
  CHECK(has(page.get("/icon.svg").head, "image/svg+xml"));
  CHECK(page.get("/", "HEAD").body.empty());
}

TEST_CASE("display.web has so many viewers and no more") {
  Page page({{"max_viewers", std::int64_t{2}}});
  page.send(picture());
  {
    HttpClient one(page.port), two(page.port), three(page.port);
    one.begin_stream("/stream/cam.mjpg");
    two.begin_stream("/montage.mjpg");
    three.request("/stream/cam.mjpg");
    const auto refused = three.head();
    CHECK(HttpClient::status(refused) == 503);
    CHECK(has(refused, "Retry-After"));
    CHECK(page.get("/").status == 200);
    CHECK(page.get("/snapshot/cam.jpg").status == 200);
    CHECK(page.get("/stream/cam.mjpg", "HEAD").status == 200);
  }
  CHECK(page.eventually([&] { return page.sources()["viewers"] == 0; }));
  HttpClient four(page.port);
  four.begin_stream("/stream/cam.mjpg");
  four.part();
}

TEST_CASE("On loopback, display.web answers to this machine's own names only") {
  Page page;
  for (const auto* good :
       {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080"})
    CHECK(page.get("/", "GET", good).status == 200);
  for (const auto* bad : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                          "evil.example:80", "localhost:80@evil.example", "192.168.1.2", "[::2]"})
    for (const auto* path : {"/", "/montage.mjpg", "/sources.json"})
      CHECK(page.get(path, "GET", bad).status == 403);
  HttpClient old(page.port);
  old.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(HttpClient::status(old.head()) == 403);
}

TEST_CASE("display.web knows its paths and methods, and survives all others") {
  Page page;
  page.send(picture());
  for (const auto* path :
       {"/favicon.ico", "/stream/other.mjpg", "/stream/cam.jpg", "/snapshot/cam", "/source/",
        "/stream/.mjpg", "/stream/../cam.mjpg", "/source/%2e%2e", "/source/<b>", "/source/cam%2f",
        "/montage.mjpg/", "//", "/stream/cam.mjpg.mjpg"})
    CHECK(page.get(path).status == 404);
  CHECK(page.get("/source/" + std::string(65, 'a')).status == 404);
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
    const auto refused = page.get("/", method);
    CHECK(refused.status == 405);
    CHECK(has(refused.head, "Allow: GET, HEAD"));
  }
  {
    HttpClient client(page.port);
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    CHECK(HttpClient::status(client.head()) == 200);
  }
  for (const auto* rubbish : {"\r\n\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02 hello\r\n\r\n",
                              "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n"}) {
    HttpClient client(page.port);
    client.send(rubbish);
  }
  {
    HttpClient client(page.port);
    client.send("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x'));
  }
  CHECK(page.get("/").status == 200);
}

TEST_CASE("display.web refuses to start where it can't or shouldn't listen, and says what to do") {
  Page first;
  const auto refusal = [](const std::string& listen) -> std::string {
    try {
      StageTest("display.web", {{"listen", listen}}).start();
    } catch (const std::exception& e) {
      return e.what();
    }
    return "it started";
  };
  const auto taken = "127.0.0.1:" + std::to_string(first.port);
  CHECK(refusal(taken) == "cannot listen on " + taken +
                              ": address already in use; is another sluice running? choose another "
                              "by listen = \"ADDRESS:PORT\"");
  for (const auto* open : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0"})
    CHECK(has(refusal(open), "allow_remote = true"));
  for (const auto* bad :
       {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:80x", "::1:80", "[127.0.0.1]:80", "example:80", "256.0.0.1:80", "[]:80", "[:80"})
    CHECK(has(refusal(bad), "is not an address and a port"));
  CHECK(parse_listen("[::1]:8080").loopback);
  CHECK(parse_listen("localhost:1").host == "127.0.0.1");
  CHECK_FALSE(parse_listen("[::]:8080").loopback);
}

namespace {

using Clients = std::vector<std::unique_ptr<HttpClient>>;

Clients connected(std::uint16_t port, int count) {
  Clients clients;
  for (int i = 0; i < count; ++i) clients.push_back(std::make_unique<HttpClient>(port));
  return clients;
}

// Open to all, as on a network that is trusted.
StageTest::Parameters open_to_all(StageTest::Parameters more = {}) {
  more.emplace_back("listen", std::string("0.0.0.0:0"));
  more.emplace_back("allow_remote", true);
  return more;
}

int status_of(std::uint16_t port, std::string_view request) {
  HttpClient client(port);
  client.send(request);
  return HttpClient::status(client.head());
}

}  // namespace

TEST_CASE("who says little, and nothing to the end, takes nobody's place") {
  Page page;
  page.send(picture());
  HttpClient stream(page.port);
  stream.begin_stream("/stream/cam.mjpg");
  stream.part();
  // More than the server has places for, each with the beginning of a request.
  auto slow = connected(page.port, 250);
  for (auto& client : slow) client->send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  for (const auto* path : {"/", "/sources.json", "/snapshot/cam.jpg"})
    CHECK(page.get(path).status == 200);
  // Each is given up, though it goes on with a byte now and then.
  CHECK(page.eventually([&] {
    std::erase_if(slow, [](auto& client) {
      try {
        client->send("a");
      } catch (const std::system_error&) {
        return true;
      }
      return client->closed();
    });
    return slow.empty();
  }));
  // Who was let in before stays.
  page.send(picture({255, 0, 0}));
  CHECK(stream.part().picture.size() > 4);
}

TEST_CASE("a stream for which nothing comes gives its place to who comes later") {
  Page page({{"max_viewers", std::int64_t{2}}});
  page.send(picture());
  page.send(picture({255, 0, 0}, "other"));
  HttpClient silent(page.port), live(page.port);
  silent.begin_stream("/stream/cam.mjpg");
  silent.part();
  live.begin_stream("/stream/other.mjpg");
  live.part();
  const std::string third = "GET /stream/cam.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n";
  CHECK(status_of(page.port, third) == 503);
  page.clock().advance(std::chrono::seconds(11));
  page.send(picture({0, 255, 0}, "other"));
  live.part();
  HttpClient late(page.port);
  late.begin_stream("/stream/cam.mjpg");
  late.part();
  CHECK(silent.to_end().empty());
  CHECK_FALSE(live.closed());
  CHECK(status_of(page.port, third) == 503);
}

TEST_CASE("beyond loopback, one address has half of the streams") {
  Page page(open_to_all({{"max_viewers", std::int64_t{4}}}));
  page.send(picture());
  HttpClient one(page.port), two(page.port);
  one.begin_stream("/stream/cam.mjpg");
  two.begin_stream("/stream/cam.mjpg");
  CHECK(status_of(page.port, "GET /stream/cam.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n") == 503);
  CHECK(page.get("/snapshot/cam.jpg").status == 200);
}

TEST_CASE(
    "beyond loopback, display.web answers to addresses and its own names, as told also others") {
  Page page(open_to_all());
  std::array<char, 256> name{};
  REQUIRE(gethostname(name.data(), name.size() - 1) == 0);
  const std::string own = name.data();
  for (const auto& good : {std::string("192.168.1.2"), std::string("[::2]:80"), own, own + ".local",
                           own + ".lan:8080"})
    CHECK(page.get("/", "GET", good).status == 200);
  for (const auto& bad : {std::string("evil.example"), std::string("127.0.0.1.evil.example"),
                          std::string("localhost.evil.example"), own + ".evil.example", own + "x"})
    CHECK(page.get("/sources.json", "GET", bad).status == 403);

  Page named(open_to_all({{"hosts", std::vector<std::string>{"cams.example"}}}));
  CHECK(named.get("/", "GET", "CAMS.example:443").status == 200);
  CHECK(named.get("/", "GET", "evil.example").status == 403);
  Page proxied(open_to_all({{"hosts", std::vector<std::string>{"*"}}}));
  CHECK(proxied.get("/", "GET", "any.example").status == 200);
}

TEST_CASE("a request that a proxy may read otherwise is refused, and its connection closed") {
  Page page;
  const std::string get = "GET / HTTP/1.1\r\n", host = "Host: localhost\r\n";
  const std::string smuggled = "\r\nGET /sources.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const auto& lines :
       {host + host, host + "Host: evil.example\r\n", "Host: evil.example\r\n" + host,
        host + "Content-Length: 5\r\nContent-Length: 6\r\n",
        host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        host + "Transfer-Encoding: chunked\r\n", host + "Transfer-Encoding: identity\r\n",
        host + "Content-Length : 5\r\n", host + "Content-Length: +5\r\n",
        host + "Content-Length: 5, 5\r\n", std::string("Host : localhost\r\n"),
        host + " folded: x\r\n"}) {
    INFO(lines);
    HttpClient client(page.port);
    client.send(get + lines + "\r\n0" + smuggled);
    const auto all = client.to_end();  // it ends
    CHECK(all.find("HTTP/1.1 200") == std::string::npos);
    CHECK(all.find("\"sources\"") == std::string::npos);
  }
  CHECK(status_of(page.port, get + host + "\r\n") == 200);
}

TEST_CASE("each stream has a boundary of its own, so that no picture can begin parts") {
  Page page;
  page.send(picture());
  const auto boundary = [&](const std::string& path, std::string_view method = "GET") {
    HttpClient client(page.port);
    client.request(path, method);
    const auto type = HttpClient::field(client.head(), "Content-Type");
    return type.substr(type.find("boundary=") + 9);
  };
  std::set<std::string> seen{boundary("/stream/cam.mjpg"), boundary("/stream/cam.mjpg"),
                             boundary("/montage.mjpg"), boundary("/stream/cam.mjpg", "HEAD")};
  CHECK(seen.size() == 4);
  for (const auto& one : seen) CHECK(one.size() >= 32);
}
