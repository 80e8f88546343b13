#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <display/web_page.hpp>
#include <display/web_reply.hpp>
#include <display/web_server.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

namespace sluice::display {
namespace {

// Besides viewers: pages, lists and pictures, which are short.
constexpr unsigned kOtherConnections = 32;

// Marks a request whose method has been seen to be allowed.
char kSeen;

std::optional<std::string> name_in(std::string_view path, std::string_view before,
                                   std::string_view after) {
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after))
    return {};
  path.remove_prefix(before.size());
  path.remove_suffix(after.size());
  return valid_source(path) ? std::optional<std::string>(path) : std::nullopt;
}

const char* argument(MHD_Connection* connection, const char* key) {
  return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, key);
}

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

WebServer::WebServer(Board& board, const Clock& clock, ListenAddress where, ServerSettings settings)
    : board_(board), clock_(clock), where_(std::move(where)), settings_(std::move(settings)) {
  const int listener = open_listener(where_);  // the daemon closes it
  const auto timeout = std::chrono::ceil<std::chrono::seconds>(settings_.viewer_timeout).count();
  daemon_ = MHD_start_daemon(
      MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, where_.port, nullptr, nullptr,
      &WebServer::on_request, this, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
      static_cast<unsigned>(settings_.max_viewers) + kOtherConnections,
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(timeout), MHD_OPTION_NOTIFY_COMPLETED,
      &WebServer::on_completed, this, MHD_OPTION_NOTIFY_CONNECTION, &WebServer::on_connection, this,
      MHD_OPTION_END);
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

std::string WebServer::url() const {
  return fmt::format("http://{}:{}/", where_.host, where_.port);
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
    const std::string_view verb(method);
    if (verb != "GET" && verb != "HEAD")
      return reply_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD",
                         {{"Allow", "GET, HEAD"}});
    if (!*state) {  // the headers have come; what body there is comes next
      *state = &kSeen;
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

void WebServer::on_completed(void* self, MHD_Connection*, void** state,
                             MHD_RequestTerminationCode) {
  static_cast<WebServer*>(self)->drop_viewer(state);
}

void WebServer::on_connection(void* self, MHD_Connection* connection, void**,
                              MHD_ConnectionNotificationCode code) {
  if (code != MHD_CONNECTION_NOTIFY_STARTED) return;
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
    if (view.gone) return MHD_CONTENT_READER_END_OF_STREAM;
    if (view.picture && view.picture->number != viewer.sent) {
      viewer.begin(view.picture);
      continue;
    }
    if (viewer.peer_gone()) return MHD_CONTENT_READER_END_WITH_ERROR;
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

// --- what is answered

MHD_Result WebServer::answer(MHD_Connection* connection, std::string_view path, bool head,
                             void** state) {
  const char* host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
  if (where_.loopback && (!host || !is_local_host(host, where_)))
    return reply_error(connection, MHD_HTTP_FORBIDDEN,
                       "sluice listens on this machine only: ask for it as localhost");
  if (path == "/")
    return reply_text(connection, MHD_HTTP_OK, "text/html; charset=utf-8", web_page(""));
  if (path == "/sluice.css")
    return reply_text(connection, MHD_HTTP_OK, "text/css; charset=utf-8", kWebStyle);
  if (path == "/sluice.js")
    return reply_text(connection, MHD_HTTP_OK, "text/javascript; charset=utf-8", kWebScript);
  if (path == "/icon.svg") return reply_text(connection, MHD_HTTP_OK, "image/svg+xml", kWebIcon);
  if (path == "/sources.json")
    return reply_text(connection, MHD_HTTP_OK, "application/json",
                      sources_json(argument(connection, "viewer")));
  if (path == "/montage.mjpg") return stream(connection, board_.montage(), head, state);

  if (const auto name = name_in(path, "/source/", ""); name && board_.source(*name))
    return reply_text(connection, MHD_HTTP_OK, "text/html; charset=utf-8", web_page(*name));
  if (const auto name = name_in(path, "/stream/", ".mjpg"))
    if (auto channel = board_.source(*name)) return stream(connection, channel, head, state);
  if (const auto name = name_in(path, "/snapshot/", ".jpg"))
    if (auto channel = board_.source(*name)) return snapshot(connection, channel, state);
  return reply_error(connection, MHD_HTTP_NOT_FOUND,
                     "there is no such page, or no picture from that source yet; see /");
}

// What the page asks for each second.
std::string WebServer::sources_json(const char* viewer) const {
  const auto sources = board_.list();
  const Grid grid = grid_for(sources.size(), {.columns = settings_.montage.columns});
  nlohmann::ordered_json list;
  list["columns"] = grid.columns;
  list["rows"] = grid.rows;
  {
    const std::lock_guard lock(mutex_);
    list["viewers"] = streams_;
    list["max_viewers"] = settings_.max_viewers;
    list["watching"] = viewer && std::any_of(viewers_.begin(), viewers_.end(), [&](const auto* v) {
                         return v->is_stream && v->name == viewer;
                       });
  }
  list["sources"] = nlohmann::ordered_json::array();
  for (const auto& s : sources) {
    nlohmann::ordered_json one;
    one["name"] = s.name;
    one["silent"] = s.silent;
    one["quiet_s"] = seconds(s.quiet);
    if (s.frame->captured_known) one["age_s"] = seconds(clock_.utc() - s.frame->captured);
    one["fps"] = s.fps;
    one["format"] = to_string(s.frame->kind());
    list["sources"].push_back(std::move(one));
  }
  return list.dump();
}

PictureViewer* WebServer::add_viewer(std::unique_ptr<PictureViewer> viewer, void** state) {
  const std::lock_guard lock(mutex_);
  if (closing_ || (viewer->is_stream && streams_ >= settings_.max_viewers)) return nullptr;
  viewers_.insert(viewer.get());
  if (viewer->is_stream) ++streams_;
  *state = viewer.get();  // on_completed() deletes it
  return viewer.release();
}

void WebServer::drop_viewer(void** state) {
  if (!*state || *state == &kSeen) return;
  const std::unique_ptr<PictureViewer> viewer(static_cast<PictureViewer*>(*state));
  *state = &kSeen;
  const std::lock_guard lock(mutex_);
  viewers_.erase(viewer.get());
  if (viewer->is_stream) --streams_;
}

MHD_Result WebServer::stream(MHD_Connection* connection, Board::ChannelPtr channel, bool head,
                             void** state) {
  if (head) return reply_stream(connection, kStreamType, &WebServer::on_read, nullptr);
  const char* name = argument(connection, "viewer");
  auto* viewer =
      add_viewer(std::make_unique<PictureViewer>(*this, connection, board_, std::move(channel),
                                                 true, name && valid_source(name) ? name : ""),
                 state);
  if (!viewer)
    return reply_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                       fmt::format("{} viewers are watching already, which is the limit "
                                   "(max_viewers)",
                                   settings_.max_viewers),
                       {{"Retry-After", "5"}});
  return reply_stream(connection, kStreamType, &WebServer::on_read, viewer);
}

// Called once more after each suspension.
MHD_Result WebServer::snapshot(MHD_Connection* connection, Board::ChannelPtr channel,
                               void** state) {
  if (*state == &kSeen) {
    if (!add_viewer(
            std::make_unique<PictureViewer>(*this, connection, board_, std::move(channel), false),
            state))
      return reply_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "sluice is stopping");
  }
  auto& viewer = *static_cast<PictureViewer*>(*state);
  for (;;) {
    const auto view = viewer.watch.look();
    const bool good = view.picture && view.picture->number >= viewer.wanted;
    if (good || view.gone || view.finished >= viewer.wanted) {
      drop_viewer(state);  // before the client can know: from here on nobody watches
      return good ? reply_picture(connection, view.picture)
                  : reply_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                                "the newest picture could not be encoded");
    }
    switch (suspend(viewer)) {
      case Next::wait:
        return MHD_YES;
      case Next::end:
        return reply_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "sluice is stopping");
      case Next::look_again:
        break;
    }
  }
}

}  // namespace sluice::display
