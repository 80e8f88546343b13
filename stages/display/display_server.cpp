#include <dlfcn.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <display/display_server.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sluice::display {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Connects within a second. The connection is closed at once: it only shows that someone is there.
bool answers(const sockaddr* address, socklen_t length) {
  const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  bool good = connect(fd, address, length) == 0;
  if (!good && errno == EINPROGRESS) {
    pollfd p{fd, POLLOUT, 0};
    int error = 1;
    socklen_t size = sizeof error;
    good = poll(&p, 1, 1000) > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
           error == 0;
  }
  close(fd);
  return good;
}

bool answers_on(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return answers(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

bool answers_on(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (; found; found = found->ai_next)
    if (answers(found->ai_addr, found->ai_addrlen)) return true;
  return false;
}

[[noreturn]] void fail(std::string_view why) {
  throw std::runtime_error(
      fmt::format("{}; run sluice on a desktop, or use display.web, which needs none", why));
}

// DISPLAY is [host]:number[.screen]; without a host it is a socket of this machine.
struct DisplayName {
  std::string text, host;
  int number = -1;

  bool local() const { return host.empty() || host == "unix"; }
  std::string path() const { return fmt::format("/tmp/.X11-unix/X{}", number); }
};

DisplayName parse_display(const std::string& text) {
  DisplayName name{text, {}};
  const auto colon = text.rfind(':');
  if (colon != std::string::npos)
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), name.number);
  if (name.number < 0 || name.number > 59535)
    fail(fmt::format("DISPLAY is \"{}\", which is not the name of an X display such as \":0\"",
                     text));
  name.host = text.substr(0, colon);
  return name;
}

}  // namespace

// libxcb, which Qt and GTK use for X: what it is told, they will be told. Loaded when needed, so
// that sluice runs where there is no X at all.
struct DisplayServer::Xcb {
  Xcb() {
    library = dlopen("libxcb.so.1", RTLD_NOW);
    if (!library) return;
    const auto connect_to =
        reinterpret_cast<void* (*)(const char*, int*)>(dlsym(library, "xcb_connect"));
    has_error = reinterpret_cast<int (*)(void*)>(dlsym(library, "xcb_connection_has_error"));
    disconnect = reinterpret_cast<void (*)(void*)>(dlsym(library, "xcb_disconnect"));
    if (connect_to && has_error && disconnect) connection = connect_to(nullptr, nullptr);
  }
  ~Xcb() {
    if (connection) disconnect(connection);
    if (library) dlclose(library);
  }
  Xcb(const Xcb&) = delete;
  Xcb& operator=(const Xcb&) = delete;
  bool good() const { return connection && has_error(connection) == 0; }

  void* library = nullptr;
  int (*has_error)(void*) = nullptr;
  void (*disconnect)(void*) = nullptr;
  void* connection = nullptr;  // where it failed, too
};

DisplayServer::DisplayServer() {
  // The user has chosen another way to draw ("offscreen", "wayland", ...) and knows why.
  const auto platform = variable("QT_QPA_PLATFORM");
  if (!platform.empty() && !platform.starts_with("xcb")) return;
  const auto display = variable("DISPLAY");
  if (display.empty() && !variable("WAYLAND_DISPLAY").empty())
    fail(
        "this desktop is Wayland without XWayland (DISPLAY is not set): set "
        "QT_QPA_PLATFORM=wayland if Qt's Wayland plugin is installed");
  if (display.empty()) fail("there is no display (DISPLAY is not set)");

  const auto name = parse_display(display);
  // libxcb would wait for minutes for a machine that doesn't answer.
  if (!name.local() && !answers_on(name.host, 6000 + name.number))
    fail(fmt::format("DISPLAY is \"{}\", but no X server answers on {}, port {}", display,
                     name.host, 6000 + name.number));
  xcb_ = std::make_unique<Xcb>();
  if (xcb_->good()) return;
  if (!xcb_->library) fail("libxcb.so.1 is missing (package libxcb1)");
  if (name.local() && !answers_on(name.path()))
    fail(fmt::format("DISPLAY is \"{}\", but no X server answers on {}", display, name.path()));
  fail(fmt::format(
      "DISPLAY is \"{}\", but its X server lets us not in: see XAUTHORITY and \"xauth list\"",
      display));
}

DisplayServer::~DisplayServer() = default;

}  // namespace sluice::display
