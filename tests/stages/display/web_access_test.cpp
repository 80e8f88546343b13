// display.web as a web server: where it listens, whom it answers, and what.

#include <sluice/graph/listen.hpp>

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
