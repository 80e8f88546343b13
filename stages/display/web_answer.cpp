// What the web server answers to each path.

#include <fmt/format.h>

#include <algorithm>
#include <display/web_page.hpp>
#include <display/web_reply.hpp>
#include <display/web_server.hpp>
#include <optional>
#include <sluice/observe/log.hpp>

namespace sluice::display {
namespace {

// Where a source's pictures are taken from a link, the next one has to come first.
constexpr Duration kLongestSnapshot = std::chrono::seconds(5);

std::optional<std::string> name_in(std::string_view path, std::string_view before,
                                   std::string_view after) {
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after))
    return {};
  path.remove_prefix(before.size());
  path.remove_suffix(after.size());
  return valid_source(path) ? std::optional<std::string>(path) : std::nullopt;
}

bool has_source(WebPart& part, const std::string& name) {
  const auto sources = part.sources();
  return std::any_of(sources.begin(), sources.end(), [&](const auto& s) { return s.name == name; });
}

const char* argument(MHD_Connection* connection, const char* key) {
  return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, key);
}

}  // namespace

MHD_Result WebServer::answer(MHD_Connection* connection, std::string_view path, bool head,
                             void** state) {
  const char* host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
  if (!host || !is_known_host(host, where_, settings_.access))
    return reply_error(connection, MHD_HTTP_FORBIDDEN,
                       where_.loopback
                           ? "sluice listens on this machine only: ask for it as localhost"
                           : "this machine doesn't go by that name: ask for it by its address, or "
                             "add the name to its hosts",
                       {{"Connection", "close"}});
  switch (pass_of(connection, settings_.access.token, where_.port, tries_, clock_.steady())) {
    case Pass::good:
      try {
        return answer_known(connection, path, head, state);
      } catch (const NoRoom& e) {
        return reply_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE, e.what(),
                           {{"Retry-After", "5"}});
      }
    case Pass::login:
      return reply_text(connection, MHD_HTTP_SEE_OTHER, "text/plain; charset=utf-8", "",
                        {{"Location", "/"},
                         {"Set-Cookie", cookie_for(settings_.access.token, where_.port).c_str()}});
    case Pass::later:
      tell_wrong_token(address_of(connection));
      return reply_error(connection, MHD_HTTP_TOO_MANY_REQUESTS,
                         "too many wrong tokens came from this address: try again in a second",
                         {{"Retry-After", "1"}, {"Connection", "close"}});
    case Pass::wrong:
      tell_wrong_token(address_of(connection));
      break;
    case Pass::none:
      break;
  }
  return reply_error(connection, MHD_HTTP_UNAUTHORIZED,
                     "this page needs its token: open it once as /?token=..., or send it as "
                     "\"Authorization: Bearer ...\"",
                     {{"WWW-Authenticate", "Bearer"}, {"Connection", "close"}});
}

void WebServer::tell_wrong_token(const std::string& address) {
  const auto verdict = wrong_tokens_.ask(clock_.steady());
  if (!verdict.write) return;
  log_line(
      LogLevel::warning, "dashboard",
      fmt::format("a wrong token came from {}{}", address,
                  verdict.held_back > 0 ? fmt::format(" ({} more since)", verdict.held_back) : ""));
}

MHD_Result WebServer::answer_known(MHD_Connection* connection, std::string_view path, bool head,
                                   void** state) {
  if (path == "/") {
    const std::lock_guard lock(part_mutex_);
    return reply_text(connection, MHD_HTTP_OK, "text/html; charset=utf-8",
                      web_page("", part_ ? part_->section() : ""));
  }
  if (path == "/sluice.css")
    return reply_text(connection, MHD_HTTP_OK, "text/css; charset=utf-8", kWebStyle);
  if (path == "/sluice.js")
    return reply_text(connection, MHD_HTTP_OK, "text/javascript; charset=utf-8", kWebScript);
  if (path == "/icon.svg") return reply_text(connection, MHD_HTTP_OK, "image/svg+xml", kWebIcon);
  if (path == "/sources.json")
    return reply_text(connection, MHD_HTTP_OK, "application/json",
                      sources_json(argument(connection, "viewer")));
  if (const auto name = name_in(path, "/source/", "");
      name && find("/stream/" + *name + ".mjpg").channel)
    return reply_text(connection, MHD_HTTP_OK, "text/html; charset=utf-8", web_page(*name, ""));
  // Asked for again after each suspension, when the viewer has it already.
  if (*state != &seen_) return snapshot(connection, {}, state);
  if (auto wanted = find(path); wanted.channel)
    return wanted.is_stream ? stream(connection, std::move(wanted), head, state)
                            : snapshot(connection, std::move(wanted), state);
  {
    const std::lock_guard lock(part_mutex_);
    if (part_)
      if (const auto text =
              part_->text(path, [&](const char* key) { return argument(connection, key); }))
        return reply_text(connection, text->status, text->type.c_str(), text->body);
  }
  return reply_error(connection, MHD_HTTP_NOT_FOUND,
                     "there is no such page, or no picture from that source yet; see /");
}

// Makes a dashboard's wall only for what may be on it.
WebServer::Wanted WebServer::find(std::string_view path) {
  constexpr std::string_view kLink = "/link/";
  std::optional<std::string_view> link;
  if (path.starts_with(kLink)) {
    const auto end = path.find('/', kLink.size());
    if (end == std::string_view::npos) return {};
    link = path.substr(kLink.size(), end - kLink.size());
    path.remove_prefix(end);
  }
  const bool montage = path == "/montage.mjpg";
  const auto stream = name_in(path, "/stream/", ".mjpg");
  const auto still = name_in(path, "/snapshot/", ".jpg");
  if (!montage && !stream && !still) return {};

  Wanted wanted{link ? nullptr : wall(), nullptr, !still};
  if (!wanted.wall) {
    const std::lock_guard lock(part_mutex_);
    if (part_ && link) wanted.wall = part_->link_wall(*link);
    if (part_ && !link && (montage || has_source(*part_, stream ? *stream : *still)))
      wanted.wall = part_->wall();
  }
  if (!wanted.wall) return {};
  const auto& board = *wanted.wall->board();
  wanted.channel = montage ? board.montage() : board.source(stream ? *stream : *still);
  return wanted;
}

MHD_Result WebServer::stream(MHD_Connection* connection, Wanted wanted, bool head, void** state) {
  if (head)
    return reply_stream(connection, stream_type(new_boundary()).c_str(), &WebServer::on_read,
                        nullptr);
  const char* name = argument(connection, "viewer");
  auto* viewer =
      add_viewer(std::make_unique<PictureViewer>(*this, connection, std::move(wanted.wall),
                                                 std::move(wanted.channel), true, clock_.steady(),
                                                 name && valid_source(name) ? name : ""),
                 state);
  if (!viewer)
    return reply_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                       fmt::format("{} viewers are watching already, which is the limit "
                                   "(max_viewers; half of them from one address, but on loopback)",
                                   settings_.max_viewers),
                       {{"Retry-After", "5"}});
  connections_.streams(connection);
  return reply_stream(connection, stream_type(viewer->boundary).c_str(), &WebServer::on_read,
                      viewer);
}

// Called once more after each suspension, with nothing `wanted`.
MHD_Result WebServer::snapshot(MHD_Connection* connection, Wanted wanted, void** state) {
  if (*state == &seen_) {
    if (!add_viewer(
            std::make_unique<PictureViewer>(*this, connection, std::move(wanted.wall),
                                            std::move(wanted.channel), false, clock_.steady()),
            state))
      return reply_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "sluice is stopping");
  }
  auto& viewer = *static_cast<PictureViewer*>(*state);
  for (;;) {
    const auto view = viewer.watch.look();
    const bool good = view.picture && view.picture->number >= viewer.wanted;
    const bool late = clock_.steady() - viewer.asked > kLongestSnapshot;
    if (good || late || view.removed || view.finished >= viewer.wanted) {
      drop_viewer(state);  // before the client can know: from here on nobody watches
      if (good) return reply_picture(connection, view.picture);
      if (late)
        return reply_error(connection, MHD_HTTP_GATEWAY_TIMEOUT,
                           "no picture came from that source");
      return reply_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
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
