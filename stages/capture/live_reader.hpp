// One connection to a live camera, read by a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <opencv2/core.hpp>
#include <optional>
#include <sluice/media/time.hpp>
#include <string>
#include <thread>

#include "capture/address.hpp"

namespace sluice::capture {

// OpenCV's open() and read() can't be told to stop, and what they wait for (a name server, a camera
// that hangs, another camera's open()) has limits that aren't ours. So they wait in a thread that
// belongs to this object. The owner looks at over() and needs no patience; the destructor makes
// what the thread waits for fail, and joins it: none is left behind.
//
// All but the thread's own work is called by one thread, the stage's.
class LiveReader {
 public:
  struct Request {
    Address address;
    Duration open_limit{};
    Duration read_limit{};
    int width = 0, height = 0;  // asked of a device; 0: as it likes
    double rate = 0;
  };
  // Begins to open at once.
  LiveReader(Request request, const Clock& clock);
  ~LiveReader();
  LiveReader(const LiveReader&) = delete;
  LiveReader& operator=(const LiveReader&) = delete;

  struct Picture {
    cv::Mat pixels;  // in memory of its own
    UtcTime captured{};
    int broken = 0;  // pictures before it that couldn't be decoded
  };
  // The next picture, or nothing within the limit or ever (see over()). The thread reads on only
  // when the last one was taken: what is not taken stays with the camera, and isn't lost here.
  std::optional<Picture> take(Duration limit);

  // Why no picture will come any more, or why it isn't worth waiting; empty while one may come.
  std::string over() const;

 private:
  enum class Step { queueing, opening, reading, handing_over, ended };

  void work();
  std::string open_and_read();
  void step(Step next);

  const Request request_;
  const Clock& clock_;
  std::atomic<bool> cut_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Step step_ = Step::queueing;
  SteadyTime since_;  // when the step began
  std::string why_;   // once ended
  std::optional<Picture> picture_;

  std::thread thread_;
};

}  // namespace sluice::capture
