// Plain TCP on loopback: what a stranger, or a program under test, has in its hand.
#pragma once

#include <chrono>
#include <string>

namespace test {

class Tcp {
 public:
  // Connects; throws where it is refused.
  explicit Tcp(const std::string& address);
  ~Tcp();
  Tcp(Tcp&& other) noexcept;
  Tcp& operator=(Tcp&&) = delete;

  // As much as goes within a second; false where the other end has closed.
  bool send(const std::string& bytes);
  // What has come when there are `size` bytes, the other end has closed, or `limit` is over.
  std::string receive(std::size_t size, std::chrono::milliseconds limit = std::chrono::seconds(10));

  enum class End { none, orderly, reset };
  // How the other end has closed, after what it sent was received; waits up to `limit` for it.
  End end(std::chrono::milliseconds limit = std::chrono::seconds(10));
  void half_close();
  void reset();  // closes it by a reset

 private:
  friend class TcpListener;
  explicit Tcp(int fd) : fd_(fd) {}
  int fd_;
};

class TcpListener {
 public:
  // At an address, or at one that is free.
  explicit TcpListener(const std::string& address = "127.0.0.1:0");
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;
  const std::string& address() const { return address_; }
  Tcp accept();  // throws after 10 s

 private:
  int fd_;
  std::string address_;
};

}  // namespace test
