// One request for a picture or a stream of pictures, from its first line to its end. Used by the
// server's thread, but for `suspended`.
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <display/wall.hpp>
#include <display/web_connections.hpp>
#include <string>
#include <string_view>

namespace sluice::display {

// "multipart/x-mixed-replace" is what browsers, OpenCV, FFmpeg and VLC all take as motion JPEG.
// Each stream has a boundary of its own, which nobody can guess: a camera's JPEG that has it in
// would begin parts of its own.
std::string new_boundary();
std::string stream_type(const std::string& boundary);

class WebServer;

class PictureViewer {
 public:
  // `viewer` is the name that our page gave its stream, to ask whether it still flows; empty: this
  // is not our page.
  PictureViewer(WebServer& s, MHD_Connection* c, WallPtr shown_on, Board::ChannelPtr channel,
                bool stream, SteadyTime now, std::string viewer = {});

  // Copies what is still to be sent of the picture begun; 0: all of it was sent.
  std::size_t copy(char* buffer, std::size_t most);
  void begin(PicturePtr picture, SteadyTime now);

  // Did the other side close the connection, or vanish? Libmicrohttpd doesn't look while it has
  // nothing to send.
  bool peer_gone() const;

  // Is there a reason to go on: a picture to send, or none that ever comes?
  bool has_news() const;

  WebServer& server;
  MHD_Connection* const connection;
  const bool is_stream;
  const std::string name;
  const WallPtr wall;
  const Board::Watch watch;
  // The number of the frame that was the newest at the request; where none had come, the first.
  const std::uint64_t wanted;
  const SteadyTime asked;  // when
  const std::string boundary = new_boundary();
  const std::string address = address_of(connection);
  SteadyTime moved = asked;  // when the last picture was begun
  std::uint64_t sent = 0;    // the number of the picture begun last
  bool suspended = false;    // guarded by the server's mutex
  bool ended = false;        // the same: its place was given to another

 private:
  std::string between() const;

  PicturePtr picture_;
  const std::string between_ = between();  // behind each picture
  std::string head_;                       // before the picture, ...
  std::size_t position_ = 0;               // ... counted over head, picture and what follows it
};

}  // namespace sluice::display
