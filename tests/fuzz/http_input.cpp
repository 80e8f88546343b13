// What somebody sends to the web server of a running graph, from the first byte to the last: over a
// real connection, to the server that display.web and the dashboard have, with a token.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <display/web_server.hpp>
#include <memory>
#include <opencv2/core.hpp>
#include <sluice/observe/log.hpp>

#include "target.hpp"

using namespace sluice;

namespace {

constexpr std::string_view kToken = "fuzz-token-24-characters";

// A second passes with each input: who tries tokens is never put off for long.
struct Ticking final : Clock {
  UtcTime utc() const override { return UtcTime(Duration(now.load())); }
  SteadyTime steady() const override { return SteadyTime(Duration(now.load())); }
  std::atomic<std::int64_t> now{0};
};

// One camera's picture, at a port of its own.
struct Site {
  Site() {
    set_log_level(LogLevel::error);
    auto where = parse_listen("127.0.0.1:0");
    display::ServerSettings settings;
    settings.access.token = kToken;
    server = std::make_shared<display::WebServer>(clock, where, settings);
    wall = std::make_shared<display::Wall>(clock, std::chrono::seconds(10), std::size_t{1} << 20,
                                           display::ComposerSettings{},
                                           [this](bool all) { server->wake(all); });
    wall->board()->put(share({"cam",
                              1,
                              clock.utc(),
                              true,
                              Image(Kind::bgr8, cv::Mat(24, 32, CV_8UC3, cv::Scalar(1, 2, 3))),
                              {}}));
    server->show(wall);
    const auto url = server->url();
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  ~Site() { server->take_down(); }

  Ticking clock;
  std::shared_ptr<display::WebServer> server;
  display::WallPtr wall;
  std::uint16_t port = 0;
};

struct Connection {
  explicit Connection(std::uint16_t port) : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    // There are more inputs than ports, of which each closed connection keeps one for a while: from
    // another of loopback's addresses each time.
    static std::uint32_t connections = 0;
    sockaddr_in from{}, to{};
    from.sin_family = to.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + ++connections % 0xFFFF00);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    fuzz::must(bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) == 0,
               "an address is free");
    // libFuzzer's clock interrupts now and then.
    while (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EISCONN)
      fuzz::must(errno == EINTR || errno == EALREADY,
                 std::string("it listens: ") + std::strerror(errno));
  }
  ~Connection() { close(fd); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const int fd;
};

// What comes back until the connection ends, or a stream begins, which has no end.
std::string answer_to(std::uint16_t port, fuzz::Bytes bytes) {
  const Connection connection(port);
  // The server may have had enough before the end.
  (void)send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  shutdown(connection.fd, SHUT_WR);
  std::string answer;
  char some[16384];
  for (;;) {
    pollfd p{connection.fd, POLLIN, 0};
    int ready;
    while ((ready = poll(&p, 1, 20'000)) < 0 && errno == EINTR) {
    }
    fuzz::must(ready > 0, "it answers, or closes");
    const auto n = recv(connection.fd, some, sizeof some, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return answer;
    answer.append(some, static_cast<std::size_t>(n));
    if (answer.find("multipart/x-mixed-replace") != std::string::npos) return answer;
  }
}

void one_input(fuzz::Bytes bytes) {
  static Site site;
  site.clock.now += 1'000'000'000;
  const auto answer = answer_to(site.port, bytes);
  if (answer.empty()) return;
  // What libmicrohttpd says by itself of what is no request has none of our headers.
  fuzz::must(answer.starts_with("HTTP/1."), "an answer is HTTP");
  const std::string_view sent(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  // Percent signs may spell the token, too.
  const bool knows = sent.find(kToken) != std::string_view::npos || sent.find('%') != sent.npos;
  for (const auto* good : {"HTTP/1.1 200", "HTTP/1.1 303", "Set-Cookie", "multipart/"})
    fuzz::must(knows || answer.find(good) == std::string::npos, "nothing without the token");
  fuzz::must(answer.find(kToken) == std::string::npos, "the token is in no answer");
}

const fuzz::Target target("http", one_input);

}  // namespace
