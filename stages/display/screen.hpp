// OpenCV's windows, used from the one thread that they insist on.
//
// Highgui with Qt belongs for ever to the thread that opened the first window, and waits without
// end if that thread is gone. A stage's thread ends with the stage, which may be restarted. So the
// first Screen starts a thread that lives as long as the process; it sleeps while there is nothing
// to do.
#pragma once

#include <display/display_server.hpp>
#include <map>
#include <opencv2/core/mat.hpp>
#include <string>

namespace sluice::display {

// One at a time in a process: the keyboard and the event loop are shared.
class Screen {
 public:
  // Throws std::runtime_error while there is another, or no display to draw on.
  Screen();
  // Closes the windows.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Opens the window if there is none of that name. `picture` is bgr8, and not changed. Pictures of
  // a new size make the window fit them, as far as a screen allows.
  void show(const std::string& window, const cv::Mat& picture);
  void close(const std::string& window);
  void set_title(const std::string& window, const std::string& title);

  struct Input {
    int key = -1;         // that was pressed in one of the windows; -1: none
    bool closed = false;  // a window was closed by the user
  };
  // Lets the windows live: draws them and takes what was pressed. A few milliseconds.
  Input poll();

 private:
  DisplayServer server_;                     // first: nothing else is touched where there is none
  std::map<std::string, cv::Size> windows_;  // by name, with their pictures' size
};

}  // namespace sluice::display
