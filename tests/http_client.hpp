// As little of HTTP as the tests of pages need, over a plain socket: so that a test sees the
// very bytes, and may misbehave. Whatever it waits for has a limit of 10 s, and is an error then.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace sluice::testkit {

class HttpClient {
 public:
  // `receive_buffer` in bytes, 0: the system's own choice.
  explicit HttpClient(std::uint16_t port, int receive_buffer = 0)
      : port_(port), fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0)
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
  }
  ~HttpClient() { close(fd_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void send(std::string_view bytes) {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      fail("send");
  }
  void request(std::string_view path, std::string_view method = "GET") {
    send(std::string(method) + " " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost:" + std::to_string(port_) + "\r\n\r\n");
  }

  // Up to and including the empty line; the status is its first line's number.
  std::string head() { return until("\r\n\r\n"); }
  static int status(const std::string& head) { return std::stoi(head.substr(9, 3)); }
  static std::string field(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }

  std::string until(std::string_view end) {
    std::size_t at;
    while ((at = buffer_.find(end)) == std::string::npos)
      if (!receive()) throw std::runtime_error("the connection ended in mid-answer");
    return take(at + end.size());
  }
  std::string bytes(std::size_t count) {
    while (buffer_.size() < count)
      if (!receive()) throw std::runtime_error("the connection ended in mid-answer");
    return take(count);
  }
  std::string to_end() {
    while (receive()) {
    }
    return take(buffer_.size());
  }
  // Without reading: did the server close the connection? (What it sent before is passed over.)
  bool closed() {
    char some[4096];
    ssize_t n;
    while ((n = recv(fd_, some, sizeof some, MSG_DONTWAIT)) > 0) {
    }
    return n == 0 || (errno != EAGAIN && errno != EINTR);
  }

  // The next part of a stream: its header, its picture. `first` also reads the answer's head.
  struct Part {
    std::string header;
    std::vector<std::uint8_t> picture;
  };
  std::string begin_stream(std::string_view path) {
    request(path);
    const auto answer = head();
    if (status(answer) != 200) throw std::runtime_error(answer);
    const auto type = field(answer, "Content-Type");
    boundary_ = "--" + type.substr(type.find("boundary=") + 9) + "\r\n";
    until(boundary_);
    return answer;
  }
  Part part() {
    Part part{"\r\n" + head(), {}};
    const auto picture = bytes(std::stoul(field(part.header, "Content-Length")));
    part.picture.assign(picture.begin(), picture.end());
    if (bytes(2 + boundary_.size()) != "\r\n" + boundary_)
      throw std::runtime_error("no boundary after a picture");
    return part;
  }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  std::string take(std::size_t count) {
    auto taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
  }
  bool receive() {
    pollfd p{fd_, POLLIN, 0};
    if (poll(&p, 1, 10'000) == 0) throw std::runtime_error("the server sent nothing for 10 s");
    char some[65536];
    const auto n = recv(fd_, some, sizeof some, 0);
    if (n < 0) fail("recv");
    buffer_.append(some, static_cast<std::size_t>(n));
    return n > 0;
  }

  const std::uint16_t port_;
  const int fd_;
  std::string buffer_;
  std::string boundary_;
};

struct HttpAnswer {
  int status;
  std::string head, body;
};

inline HttpAnswer http_get(std::uint16_t port, std::string_view path,
                           std::string_view method = "GET", std::string_view host = "localhost") {
  HttpClient client(port);
  client.send(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\n" +
              (host.empty() ? "" : "Host: " + std::string(host) + "\r\n") +
              "Connection: close\r\n\r\n");
  auto head = client.head();
  return {HttpClient::status(head), head, client.to_end()};
}

}  // namespace sluice::testkit
