// The HTTP side of display.web, over libmicrohttpd, which has one thread for all viewers. A viewer
// for whom there is nothing new is suspended, and costs nothing until wake().
#pragma once

#include <microhttpd.h>

#include <display/web_board.hpp>
#include <display/web_composer.hpp>
#include <display/web_listen.hpp>
#include <display/web_viewer.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace sluice::display {

struct ServerSettings {
  int max_viewers = 64;
  Duration viewer_timeout = std::chrono::seconds(10);
  ComposerSettings montage;  // for the grid that the page maps clicks by
};

class WebServer {
 public:
  // Listens from here on. Throws std::runtime_error. `board` and `clock` outlive it.
  WebServer(Board& board, const Clock& clock, ListenAddress where, ServerSettings settings);
  // Ends all connections, and the thread.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::string url() const;

  // Goes on with the viewers for whom there is something new; with `all`, with every one, so that
  // those that are gone are noticed. Any thread.
  void wake(bool all);

 private:
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url,
                               const char* method, const char* version, const char* upload,
                               std::size_t* upload_size, void** state);
  static void on_completed(void* self, MHD_Connection* connection, void** state,
                           MHD_RequestTerminationCode);
  static void on_connection(void* self, MHD_Connection* connection, void**,
                            MHD_ConnectionNotificationCode code);
  static ssize_t on_read(void* viewer, std::uint64_t, char* buffer, std::size_t most);

  MHD_Result answer(MHD_Connection* connection, std::string_view path, bool head, void** state);
  MHD_Result stream(MHD_Connection* connection, Board::ChannelPtr channel, bool head, void** state);
  MHD_Result snapshot(MHD_Connection* connection, Board::ChannelPtr channel, void** state);
  std::string sources_json(const char* viewer) const;
  ssize_t read(PictureViewer& viewer, char* buffer, std::size_t most);
  // Null where there are too many, or the server is closing. Belongs to the request from here on.
  PictureViewer* add_viewer(std::unique_ptr<PictureViewer> viewer, void** state);
  void drop_viewer(void** state);
  enum class Next { wait, look_again, end };
  Next suspend(PictureViewer& viewer);

  Board& board_;
  const Clock& clock_;
  ListenAddress where_;
  const ServerSettings settings_;

  // Guards what follows, and a viewer's decision to be suspended: without it, a wake() between
  // "nothing new" and the suspension would be lost. Held while libmicrohttpd suspends and resumes,
  // which only take a lock of their own, and while the board is looked at.
  mutable std::mutex mutex_;
  bool closing_ = false;
  std::set<PictureViewer*> viewers_;
  int streams_ = 0;

  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace sluice::display
