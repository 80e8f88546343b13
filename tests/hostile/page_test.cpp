// Strangers at the page of the shipped hub. What any page holds against them, by itself, stands in
// stages/display/web_access_test.cpp and apps/dashboard_test.cpp.

#include <deque>
#include <list>
#include <set>

#include "catch.hpp"
#include "hostile/shipped.hpp"
#include "tcp.hpp"

using namespace test;
using sluice::testkit::HttpClient;

TEST_CASE("who reads no streams and says nothing to the end costs the hub and its page nothing") {
  ShippedHub hub({}, fmt::format("[dashboard]\ntoken = \"{}\"\n", kToken));
  std::deque<HttpClient> viewers;
  for (int i = 0; i < 100; ++i)
    viewers.emplace_back(hub.page(), 4096)
        .send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
                          i % 2 == 0 ? "/montage.mjpg" : "/stream/nobody.mjpg", kToken));
  std::list<Tcp> slow;
  for (int i = 0; i < 150; ++i)
    slow.emplace_back(fmt::format("127.0.0.1:{}", hub.page()))
        .send("GET /sources.json HTTP/1.1\r\nX: ");
  for (const char* path : {"/sources.json", "/metrics", "/health"}) {
    INFO(path);
    CHECK(hub.get(path).status == 200);
  }
  hub.end();
}

TEST_CASE("what stands between the pictures of a stream is another each time a hub runs") {
  std::set<std::string> boundaries;
  for (int i = 0; i < 2; ++i) {
    ShippedHub hub;
    HttpClient viewer(hub.page());
    const auto type = HttpClient::field(viewer.begin_stream("/montage.mjpg"), "Content-Type");
    boundaries.insert(type.substr(type.find("boundary=") + 9));
  }
  CHECK(boundaries.size() == 2);
}
