// The web server of a running graph, over libmicrohttpd, which has one thread for all viewers. A
// viewer for whom there is nothing new is suspended, and costs nothing until wake().
//
// There is one for each address: display.web and the dashboard, told to listen at the same one, are
// one site.
#pragma once

#include <microhttpd.h>

#include <display/wall.hpp>
#include <display/web_access.hpp>
#include <display/web_connections.hpp>
#include <display/web_part.hpp>
#include <display/web_viewer.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <sluice/observe/log.hpp>
#include <string>
#include <string_view>

namespace sluice::display {

struct ServerSettings {
  WebAccess access;
  int max_viewers = 64;
  Duration viewer_timeout = std::chrono::seconds(10);
};

class WebServer {
 public:
  // Listens from here on. Throws std::runtime_error. `clock` outlives it.
  WebServer(const Clock& clock, ListenAddress where, ServerSettings settings);
  // Ends all connections, and the thread.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // The one of this process that listens there and shows no wall yet, with the settings it has;
  // else a new one. Any thread.
  static std::shared_ptr<WebServer> at(const Clock& clock, const ListenAddress& where,
                                       const ServerSettings& settings);

  std::string url() const;

  // What is at "/montage.mjpg", "/stream/..." and "/snapshot/...". Any thread.
  void show(WallPtr wall);
  // Sends its viewers away.
  void take_down();

  // What else the site has; null: nothing. No call of the one before is under way afterwards. The
  // part outlives the server or is taken away. Any thread.
  void set_part(WebPart* part);

  // Goes on with the viewers for whom there is something new; with `all`, with every one, so that
  // those that are gone are noticed. Any thread.
  void wake(bool all);

 private:
  // A picture or a stream of pictures that is asked for.
  struct Wanted {
    WallPtr wall;
    Board::ChannelPtr channel;  // null: there is no such thing
    bool is_stream = true;
  };

  // Stands for a request whose method has been seen to be allowed.
  static char seen_;

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url,
                               const char* method, const char* version, const char* upload,
                               std::size_t* upload_size, void** state);
  static void on_completed(void* self, MHD_Connection* connection, void** state,
                           MHD_RequestTerminationCode);
  static void on_connection(void* self, MHD_Connection* connection, void**,
                            MHD_ConnectionNotificationCode code);
  static ssize_t on_read(void* viewer, std::uint64_t, char* buffer, std::size_t most);

  MHD_Result answer(MHD_Connection* connection, std::string_view path, bool head, void** state);
  // The rest is for those that may look.
  MHD_Result answer_known(MHD_Connection* connection, std::string_view path, bool head,
                          void** state);
  MHD_Result stream(MHD_Connection* connection, Wanted wanted, bool head, void** state);
  MHD_Result snapshot(MHD_Connection* connection, Wanted wanted, void** state);
  WallPtr wall() const;
  bool serves(const ListenAddress& where) const;
  Wanted find(std::string_view path);
  // What the page asks for each second.
  std::string sources_json(const char* viewer);
  ssize_t read(PictureViewer& viewer, char* buffer, std::size_t most);
  // Null where there are too many, or the server is closing. Belongs to the request from here on.
  PictureViewer* add_viewer(std::unique_ptr<PictureViewer> viewer, void** state);
  bool place_for(const PictureViewer& viewer);
  bool has_ended(const PictureViewer& viewer) const;
  void drop_viewer(void** state);
  void tell_wrong_token(const std::string& address);
  enum class Next { wait, look_again, end };
  Next suspend(PictureViewer& viewer);

  const Clock& clock_;
  ListenAddress where_;
  const ServerSettings settings_;
  Connections connections_;

  // The server's thread's own.
  TokenTries tries_;
  LogGate wrong_tokens_;

  // Held while the part is called, which calls nothing here. Never taken under mutex_.
  std::mutex part_mutex_;
  WebPart* part_ = nullptr;

  // Guards what follows, and a viewer's decision to be suspended: without it, a wake() between
  // "nothing new" and the suspension would be lost. Held while libmicrohttpd suspends and resumes,
  // which only take a lock of their own, and while a board is looked at.
  mutable std::mutex mutex_;
  bool closing_ = false;
  WallPtr wall_;
  std::set<PictureViewer*> viewers_;
  int streams_ = 0;

  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace sluice::display
