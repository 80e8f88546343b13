// The proxy does what it is told, no more, and what it does is what both ends see.

#include "faults/proxy.hpp"

#include <thread>

#include "catch.hpp"
#include "tcp.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  unsigned n = 7;
  for (auto& c : text) c = static_cast<char>((n = n * 1664525 + 1013904223) >> 24);
  return text;
}

// Both ends of a connection through a proxy.
struct Both {
  TcpListener listener;
  Proxy proxy{listener.address()};
  Tcp client{proxy.address()};
  Tcp server = listener.accept();
};

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

TEST_CASE("proxy: passes on every byte, both ways, and counts them") {
  Both b;
  const auto text = noise(3'000'000);
  std::thread sender([&] { CHECK(b.client.send(text)); });
  CHECK(b.server.receive(text.size()) == text);
  sender.join();
  CHECK(b.server.send("and back"));
  CHECK(b.client.receive(8) == "and back");
  CHECK(b.proxy.bytes(Proxy::up) == text.size());
  CHECK(b.proxy.bytes(Proxy::down) == 8);
  CHECK(b.proxy.accepted() == 1);
  CHECK(b.proxy.open() == 1);
}

TEST_CASE("proxy: slices, and all is there in order") {
  Both b;
  b.proxy.slice(7);
  const auto text = noise(20'000);
  CHECK(b.client.send(text));
  CHECK(b.server.receive(text.size()) == text);
}

TEST_CASE("proxy: delays each way, and slows down to a bandwidth") {
  Both b;
  b.proxy.delay(100ms);
  auto start = std::chrono::steady_clock::now();
  CHECK(b.client.send("ping"));
  CHECK(b.server.receive(4) == "ping");
  CHECK(b.server.send("pong"));
  CHECK(b.client.receive(4) == "pong");
  CHECK(seconds_since(start) >= 0.2);
  b.proxy.delay(0ms);
  b.proxy.limit(100'000);
  start = std::chrono::steady_clock::now();
  const auto text = noise(50'000);
  CHECK(b.client.send(text));
  CHECK(b.server.receive(text.size()) == text);
  CHECK(seconds_since(start) >= 0.4);
  b.proxy.limit(0);
  CHECK(b.client.send("quick"));
  CHECK(b.server.receive(5) == "quick");
}

TEST_CASE("proxy: a stall holds back one way only, an end that comes meanwhile too") {
  Both b;
  b.proxy.stall(Proxy::up, true);
  CHECK(b.client.send("held"));
  CHECK(b.server.send("passes"));
  CHECK(b.client.receive(6) == "passes");
  CHECK(b.server.receive(1, 200ms).empty());
  { const Tcp closes(std::move(b.client)); }
  CHECK(b.server.end(200ms) == Tcp::End::none);
  CHECK(b.proxy.open() == 1);
  b.proxy.stall(Proxy::up, false);
  CHECK(b.server.receive(4) == "held");
  CHECK(b.server.end() == Tcp::End::orderly);
}

TEST_CASE("proxy: cuts and resets are told apart by both ends") {
  for (const bool reset : {false, true}) {
    Both b;
    CHECK(b.client.send("x"));
    CHECK(b.server.receive(1) == "x");
    reset ? b.proxy.reset() : b.proxy.cut();
    const auto expected = reset ? Tcp::End::reset : Tcp::End::orderly;
    CHECK(b.client.end() == expected);
    CHECK(b.server.end() == expected);
    CHECK(b.proxy.open() == 0);
  }
}

TEST_CASE("proxy: resets when so many bytes have gone up, not one more or less") {
  TcpListener listener;
  Proxy proxy(listener.address());
  proxy.reset_after(1000);
  Tcp client(proxy.address());
  auto server = listener.accept();
  CHECK(client.send(noise(5000)));
  CHECK(client.end() == Tcp::End::reset);
  CHECK(proxy.bytes(Proxy::up) == 1000);
  CHECK(proxy.open() == 0);
}

TEST_CASE("proxy: one way is closed, the other goes on") {
  Both b;
  SECTION("by the proxy") { b.proxy.half_close(Proxy::up); }
  SECTION("by an end") { b.client.half_close(); }
  CHECK(b.server.end() == Tcp::End::orderly);
  CHECK(b.server.send("still here"));
  CHECK(b.client.receive(10) == "still here");
}

TEST_CASE("proxy: corrupts one byte of so many, one way") {
  Both b;
  b.proxy.corrupt(Proxy::up, 100);
  const auto text = noise(1000);
  CHECK(b.client.send(text));
  const auto got = b.server.receive(1000);
  REQUIRE(got.size() == 1000);
  for (std::size_t i = 0; i < 1000; ++i) CHECK((got[i] != text[i]) == (i % 100 == 99));
  CHECK(b.server.send(text));
  CHECK(b.client.receive(1000) == text);
}

TEST_CASE("proxy: the door can be shut, opened again, and slammed") {
  Both b;
  b.proxy.door(Proxy::Door::shut);
  CHECK_THROWS_AS(Tcp(b.proxy.address()), std::system_error);
  CHECK(b.client.send("x"));  // who is in stays in
  CHECK(b.server.receive(1) == "x");
  b.proxy.door(Proxy::Door::slams);
  CHECK(Tcp(b.proxy.address()).end() == Tcp::End::reset);
  CHECK(b.proxy.accepted() == 2);
  b.proxy.door(Proxy::Door::open);
  Tcp client(b.proxy.address());
  auto server = b.listener.accept();
  CHECK(client.send("y"));
  CHECK(server.receive(1) == "y");
}

TEST_CASE("proxy: a target that isn't there ends the connection") {
  Proxy proxy([] { return TcpListener().address(); }());
  Tcp client(proxy.address());
  CHECK(client.end() == Tcp::End::reset);
}
