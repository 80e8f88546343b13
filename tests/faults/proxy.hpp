// A TCP connection's bad days: stands between a program and the one that it connects to, and does
// to the bytes what networks do. Needs no rights.
//
// All that it has belongs to a thread of its own; what is asked of it is done when the call
// returns. "up" is from whoever connected to the target, "down" is the way back.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "faults/pipe.hpp"

namespace test {

class Proxy {
 public:
  enum Way { up, down };
  enum class Door {
    open,
    shut,   // nobody listens: connecting is refused
    slams,  // who comes in is thrown out at once, by a reset
  };

  // `target`: "127.0.0.1:5555", need not exist yet. Listens on a free port of loopback.
  explicit Proxy(std::string target);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  const std::string& address() const { return address_; }

  // From now on, on all connections that are there and that come. Zero takes it back.
  void delay(std::chrono::milliseconds each_way);
  void limit(std::size_t bytes_per_second);  // each way of each connection
  void slice(std::size_t bytes);             // no write is longer than this
  void stall(Way way, bool on);              // takes nothing and passes nothing on
  void corrupt(Way way, std::size_t every);  // flips a bit of every so many bytes
  void reset_after(std::size_t bytes);       // up, of each connection that comes from now on
  void door(Door door);

  // To the connections that are there.
  void cut();                // ends both ways of each in an orderly manner
  void reset();              // and this is the other manner
  void half_close(Way way);  // ends one way; the other goes on

  // Counted so far; what an end has seen happen is counted.
  std::uint64_t accepted();
  std::uint64_t bytes(Way way);
  std::size_t open();

 private:
  struct Connection {
    int client;
    int server;
    Pipe pipes[2];  // by Way
    std::size_t reset_after;
    bool broken[2];  // by the way that begins at the end that is
  };

  void ask(std::function<void()> what);
  void run();
  void do_asked();
  void listen_again();
  void take_in();
  void end(Connection& connection, bool by_reset);
  void end_all(bool by_reset);
  bool serve(Connection& connection, short client_events, short server_events);

  const std::string target_;
  std::string address_;
  std::uint16_t port_ = 0;

  // The thread's own.
  Conditions conditions_[2];
  Door door_ = Door::open;
  std::size_t reset_after_ = 0;
  int listener_ = -1;
  std::list<Connection> connections_;
  std::uint64_t accepted_ = 0;
  std::uint64_t bytes_[2] = {0, 0};

  std::mutex mutex_;
  std::condition_variable done_;
  std::vector<std::function<void()>> asked_;
  std::uint64_t times_asked_ = 0, times_done_ = 0;
  bool over_ = false;
  int wake_ = -1;
  std::thread thread_;
};

}  // namespace test
