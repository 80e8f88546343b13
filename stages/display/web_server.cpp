#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>

#include <algorithm>
#include <display/web_listen.hpp>
#include <display/web_reply.hpp>
#include <display/web_server.hpp>
#include <stdexcept>

namespace sluice::display {
namespace {

// Besides viewers: pages, lists, figures and pictures, which are short; and as many that are being
// closed.
constexpr Connections::Limits kOthers;
// A stream for which nothing has come for so long gives its place to another.
constexpr Duration kSilentStream = std::chrono::seconds(10);

// A viewer is sent what is new, not what waited in the kernel: little is handed over ahead of what
// the network takes. And a peer that vanished without a word is found out.
void set_up(int fd, Duration timeout) {
  const auto set = [fd](int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof value);  // none of them is vital
  };
  set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 64 * 1024);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(milliseconds(timeout)));
}

}  // namespace

char WebServer::seen_ = 0;

WebServer::WebServer(const Clock& clock, ListenAddress where, ServerSettings settings)
    : clock_(clock),
      where_(std::move(where)),
      settings_(std::move(settings)),
      connections_(kOthers) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium doesn't start");
  const int listener = open_listener(where_);  // the daemon closes it
  const auto timeout = std::chrono::ceil<std::chrono::seconds>(settings_.viewer_timeout).count();
  daemon_ = MHD_start_daemon(
      MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, where_.port, nullptr, nullptr,
      &WebServer::on_request, this, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned>(settings_.max_viewers) + 2 * static_cast<unsigned>(kOthers.most),
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(timeout), MHD_OPTION_NOTIFY_COMPLETED,
      &WebServer::on_completed, this, MHD_OPTION_NOTIFY_CONNECTION, &WebServer::on_connection, this,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
  if (!daemon_)
    throw std::runtime_error("the web server can't start on " + url() +
                             ": out of memory or threads");
}

WebServer::~WebServer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;  // from here on nobody is suspended, which the daemon must not be stopped with
  }
  wake(true);
  MHD_stop_daemon(daemon_);
}

std::shared_ptr<WebServer> WebServer::at(const Clock& clock, const ListenAddress& where,
                                         const ServerSettings& settings) {
  static std::mutex mutex;
  static std::vector<std::weak_ptr<WebServer>> servers;
  const std::lock_guard lock(mutex);
  std::erase_if(servers, [](const auto& server) { return server.expired(); });
  for (const auto& known : servers)
    if (auto server = known.lock(); server && server->serves(where) && !server->wall())
      return server;
  auto server = std::make_shared<WebServer>(clock, where, settings);
  servers.push_back(server);
  return server;
}

// One that listens on all addresses listens on each.
bool WebServer::serves(const ListenAddress& where) const {
  const bool all = where_.host == "0.0.0.0" || where_.host == "[::]";
  return where.port == where_.port && (where.host == where_.host || all);
}

std::string WebServer::url() const {
  return fmt::format("http://{}:{}/", where_.host, where_.port);
}

void WebServer::show(WallPtr wall) {
  const std::lock_guard lock(mutex_);
  wall_ = std::move(wall);
}

void WebServer::take_down() {
  WallPtr wall;  // let go after the mutex: its thread, which it waits for, may be in wake()
  {
    const std::lock_guard lock(mutex_);
    wall = std::move(wall_);
  }
  if (wall) wall->board()->close();
  wake(true);
}

void WebServer::set_part(WebPart* part) {
  const std::lock_guard lock(part_mutex_);
  part_ = part;
}

WallPtr WebServer::wall() const {
  const std::lock_guard lock(mutex_);
  return wall_;
}

void WebServer::wake(bool all) {
  const std::lock_guard lock(mutex_);
  for (auto* viewer : viewers_) {
    if (!viewer->suspended || !(all || viewer->has_news())) continue;
    viewer->suspended = false;
    MHD_resume_connection(viewer->connection);
  }
}

WebServer::Next WebServer::suspend(PictureViewer& viewer) {
  const std::lock_guard lock(mutex_);
  if (closing_) return Next::end;
  if (viewer.has_news()) return Next::look_again;  // it came just now
  viewer.suspended = true;
  MHD_suspend_connection(viewer.connection);
  return Next::wait;
}

// --- libmicrohttpd's callbacks. Nothing may be thrown through its C code: where memory runs out,
// the connection is closed.

MHD_Result WebServer::on_request(void* self, MHD_Connection* connection, const char* url,
                                 const char* method, const char*, const char*,
                                 std::size_t* upload_size, void** state) {
  try {
    if (!*state) {
      static_cast<WebServer*>(self)->connections_.asked(connection);
      if (const auto why = misframed(connection); !why.empty())
        return reply_error(connection, MHD_HTTP_BAD_REQUEST, why, {{"Connection", "close"}});
    }
    const std::string_view verb(method);
    if (verb != "GET" && verb != "HEAD")
      return reply_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD",
                         {{"Allow", "GET, HEAD"}});
    if (!*state) {  // the headers have come; what body there is comes next
      *state = &seen_;
      return MHD_YES;
    }
    if (*upload_size > 0) {  // a GET's body is nothing to us
      *upload_size = 0;
      return MHD_YES;
    }
    return static_cast<WebServer*>(self)->answer(connection, url, verb == "HEAD", state);
  } catch (const std::exception&) {
    return MHD_NO;
  }
}

void WebServer::on_completed(void* self, MHD_Connection* connection, void** state,
                             MHD_RequestTerminationCode) {
  static_cast<WebServer*>(self)->drop_viewer(state);
  static_cast<WebServer*>(self)->connections_.answered(connection);
}

void WebServer::on_connection(void* self, MHD_Connection* connection, void**,
                              MHD_ConnectionNotificationCode code) {
  auto& connections = static_cast<WebServer*>(self)->connections_;
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) return connections.closed(connection);
  connections.opened(connection);
  if (const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD))
    set_up(info->connect_fd, static_cast<WebServer*>(self)->settings_.viewer_timeout);
}

ssize_t WebServer::on_read(void* reader, std::uint64_t, char* buffer, std::size_t most) {
  if (!reader) return MHD_CONTENT_READER_END_OF_STREAM;
  try {
    auto& viewer = *static_cast<PictureViewer*>(reader);
    return viewer.server.read(viewer, buffer, most);
  } catch (const std::exception&) {
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }
}

ssize_t WebServer::read(PictureViewer& viewer, char* buffer, std::size_t most) {
  for (;;) {
    if (const auto n = viewer.copy(buffer, most); n > 0) return static_cast<ssize_t>(n);
    const auto view = viewer.watch.look();
    if (view.removed || has_ended(viewer)) return MHD_CONTENT_READER_END_OF_STREAM;
    if (view.picture && view.picture->number != viewer.sent) {
      viewer.begin(view.picture, clock_.steady());
      continue;
    }
    if (viewer.peer_gone()) return MHD_CONTENT_READER_END_WITH_ERROR;
    {
      const std::lock_guard lock(part_mutex_);
      if (part_) part_->beat();
    }
    switch (suspend(viewer)) {
      case Next::wait:
        return 0;
      case Next::end:
        return MHD_CONTENT_READER_END_OF_STREAM;
      case Next::look_again:
        break;
    }
  }
}

PictureViewer* WebServer::add_viewer(std::unique_ptr<PictureViewer> viewer, void** state) {
  const std::lock_guard lock(mutex_);
  if (closing_ || (viewer->is_stream && !place_for(*viewer))) return nullptr;
  viewers_.insert(viewer.get());
  if (viewer->is_stream) ++streams_;
  *state = viewer.get();  // on_completed() deletes it
  return viewer.release();
}

// With mutex_. The stream that has shown nothing for longest makes room.
bool WebServer::place_for(const PictureViewer& viewer) {
  const auto streaming = [](const PictureViewer* v) { return v->is_stream && !v->ended; };
  const auto from_there = [&](const PictureViewer* v) {
    return streaming(v) && v->address == viewer.address;
  };
  const bool shared =
      !where_.loopback && std::count_if(viewers_.begin(), viewers_.end(), from_there) >=
                              (settings_.max_viewers + 1) / 2;
  if (!shared && streams_ < settings_.max_viewers) return true;
  PictureViewer* silent = nullptr;
  for (auto* v : viewers_)
    if ((shared ? from_there(v) : streaming(v)) && (!silent || v->moved < silent->moved))
      silent = v;
  if (!silent || viewer.asked - silent->moved <= kSilentStream) return false;
  silent->ended = true;
  --streams_;
  if (silent->suspended) {
    silent->suspended = false;
    MHD_resume_connection(silent->connection);
  }
  return true;
}

bool WebServer::has_ended(const PictureViewer& viewer) const {
  const std::lock_guard lock(mutex_);
  return viewer.ended;
}

void WebServer::drop_viewer(void** state) {
  if (!*state || *state == &seen_) return;
  const std::unique_ptr<PictureViewer> viewer(static_cast<PictureViewer*>(*state));
  *state = &seen_;
  const std::lock_guard lock(mutex_);
  viewers_.erase(viewer.get());
  if (viewer->is_stream && !viewer->ended) --streams_;
}

}  // namespace sluice::display
