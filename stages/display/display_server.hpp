// Is there a screen to draw on? Asked before OpenCV's windows are touched: where Qt finds none, it
// ends the whole process.
#pragma once

#include <memory>

namespace sluice::display {

// A connection to the X server, which is kept while windows are wanted: an X server on which
// nothing else runs starts anew when its last client leaves, and turns others away meanwhile.
class DisplayServer {
 public:
  // Throws std::runtime_error that says what is missing and what to do. Waits for a second at most
  // for another machine to answer.
  DisplayServer();
  ~DisplayServer();
  DisplayServer(const DisplayServer&) = delete;
  DisplayServer& operator=(const DisplayServer&) = delete;

 private:
  struct Xcb;
  std::unique_ptr<Xcb> xcb_;  // null: not X, on the user's own wish
};

}  // namespace sluice::display
