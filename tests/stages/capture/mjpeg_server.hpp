// A network camera for tests: HTTP on 127.0.0.1, JPEG after JPEG, and the faults that cameras have.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sluice::testkit {

class MjpegServer {
 public:
  // What one connection gets.
  struct Script {
    bool answers = true;  // false: takes the connection and says nothing, ever
    int pictures = 0;     // at once, then:
    enum class Then { stalls, closes, goes_on } then = Then::stalls;
    int broken = -1;  // this picture is no JPEG
  };

  // Connections get the scripts in turn; all after the last one get the last one again.
  explicit MjpegServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, any, &size) != 0)
      throw std::runtime_error("MjpegServer: no socket");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~MjpegServer() {
    stop_ = true;
    thread_.join();
    for (const auto& c : connections_) close(c.fd);
    close(listener_);
  }
  MjpegServer(const MjpegServer&) = delete;
  MjpegServer& operator=(const MjpegServer&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + host() + "/video"; }
  int accepted() const { return accepted_; }
  int open_connections() const { return open_; }

  static int shade(int picture) { return 20 + picture % 8 * 28; }

 private:
  struct Connection {
    int fd;
    Script script;
    std::string request = {};
    std::string pending = {};
    int sent = 0;
    bool answered = false;
    bool over = false;
  };

  void serve() {
    while (!stop_) {
      pollfd p{listener_, POLLIN, 0};
      poll(&p, 1, 5);
      if (const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
          fd >= 0) {
        const auto turn = static_cast<std::size_t>(accepted_++);
        connections_.push_back({fd, scripts_[std::min(turn, scripts_.size() - 1)]});
      }
      for (auto& c : connections_) serve(c);
      std::erase_if(connections_, [](const Connection& c) {
        if (c.over) close(c.fd);
        return c.over;
      });
      open_ = static_cast<int>(connections_.size());
    }
  }

  void serve(Connection& c) {
    char buffer[2048];
    const auto n = recv(c.fd, buffer, sizeof buffer, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
      c.over = true;
      return;
    }
    if (n > 0) c.request.append(buffer, static_cast<std::size_t>(n));
    if (!c.script.answers || c.request.find("\r\n\r\n") == std::string::npos) return;
    if (!c.answered) {
      c.answered = true;
      c.pending =
          "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frame\r\n\r\n";
    }
    const bool more = c.sent < c.script.pictures || c.script.then == Script::Then::goes_on;
    if (more && c.pending.size() < 100'000) {
      const auto jpeg = c.sent == c.script.broken ? std::string(500, '\0') : picture(c.sent);
      c.pending +=
          "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) +
          "\r\n\r\n" + jpeg + "\r\n";
      ++c.sent;
    }
    if (c.pending.empty()) {
      c.over = c.script.then == Script::Then::closes;
      return;
    }
    const auto gone = send(c.fd, c.pending.data(), c.pending.size(), MSG_NOSIGNAL);
    if (gone > 0) c.pending.erase(0, static_cast<std::size_t>(gone));
  }

  static std::string picture(int n) {
    std::vector<unsigned char> pixels(64 * 48, static_cast<unsigned char>(shade(n)));
    unsigned char* jpeg = nullptr;
    unsigned long size = 0;
    const tjhandle handle = tjInitCompress();
    tjCompress2(handle, pixels.data(), 64, 0, 48, TJPF_GRAY, &jpeg, &size, TJSAMP_GRAY, 90, 0);
    std::string bytes(reinterpret_cast<char*>(jpeg), size);
    tjFree(jpeg);
    tjDestroy(handle);
    return bytes;
  }

  const std::vector<Script> scripts_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> accepted_{0};
  std::atomic<int> open_{0};
  std::atomic<bool> stop_{false};
  std::vector<Connection> connections_;
  std::thread thread_;
};

}  // namespace sluice::testkit
