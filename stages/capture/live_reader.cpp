#include "capture/live_reader.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <exception>
#include <opencv2/videoio.hpp>
#include <sluice/graph/units.hpp>
#include <vector>

#include "capture/own_files.hpp"

namespace sluice::capture {
namespace {

constexpr auto kGlance = std::chrono::milliseconds(100);

// FFmpeg's own time limits are a bit longer than ours: they are for where a reader can't be cut,
// and would only say "the stream ended".
constexpr auto kGrace = std::chrono::milliseconds(500);

// Pictures in a row that can't be decoded before the connection counts as broken.
constexpr int kBrokenInRow = 8;

// OpenCV's FFmpeg backend opens one stream at a time in a process, however long that takes, and
// waiting for it can't be interrupted. So the queue for it stands here, where it can: one turn at a
// time, and a reader's time limit begins with its turn.
class OpeningTurn {
 public:
  explicit OpeningTurn(const std::atomic<bool>& cut) {
    std::unique_lock lock(mutex());
    while (taken() && !cut) free().wait_for(lock, kGlance);
    if (!cut) mine_ = taken() = true;
  }
  ~OpeningTurn() {
    if (!mine_) return;
    const std::lock_guard lock(mutex());
    taken() = false;
    free().notify_one();
  }
  OpeningTurn(const OpeningTurn&) = delete;
  OpeningTurn& operator=(const OpeningTurn&) = delete;
  bool mine() const { return mine_; }

 private:
  static std::mutex& mutex() {
    static std::mutex m;
    return m;
  }
  static std::condition_variable& free() {
    static std::condition_variable c;
    return c;
  }
  static bool& taken() {
    static bool t = false;
    return t;
  }
  bool mine_ = false;
};

int whole_milliseconds(Duration d) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(d).count());
}

bool open(cv::VideoCapture& video, const LiveReader::Request& request) {
  if (request.address.sort == Address::Sort::url)
    return video.open(
        request.address.path, cv::CAP_FFMPEG,
        {cv::CAP_PROP_OPEN_TIMEOUT_MSEC, whole_milliseconds(request.open_limit + kGrace),
         cv::CAP_PROP_READ_TIMEOUT_MSEC, whole_milliseconds(request.read_limit + kGrace)});
  if (!video.open(request.address.path, cv::CAP_V4L2)) return false;
  // A camera that can't do what it is asked gives what is nearest.
  if (request.width > 0) video.set(cv::CAP_PROP_FRAME_WIDTH, request.width);
  if (request.height > 0) video.set(cv::CAP_PROP_FRAME_HEIGHT, request.height);
  if (request.rate > 0) video.set(cv::CAP_PROP_FPS, request.rate);
  return true;
}

}  // namespace

LiveReader::LiveReader(Request request, const Clock& clock)
    : request_(std::move(request)), clock_(clock), since_(clock.steady()) {
  allow_cutting();
  thread_ = std::thread([this] { work(); });
}

LiveReader::~LiveReader() {
  std::unique_lock lock(mutex_);
  cut_ = true;
  changed_.notify_all();
  // Again and again: between two of them the thread may have opened a further socket.
  while (!changed_.wait_for(lock, std::chrono::milliseconds(20),
                            [this] { return step_ == Step::ended; }))
    pthread_kill(thread_.native_handle(), kCutSignal);
  lock.unlock();
  thread_.join();
}

void LiveReader::step(Step next) {
  const std::lock_guard lock(mutex_);
  step_ = next;
  since_ = clock_.steady();
}

void LiveReader::work() {
  const OwnFiles files(cut_);
  std::string why;
  try {
    why = open_and_read();
  } catch (const std::exception& e) {  // OpenCV's, or no memory: the owner tries again
    why = e.what();
  }
  const std::lock_guard lock(mutex_);
  why_ = std::move(why);
  step_ = Step::ended;
  changed_.notify_all();
}

// Returns why it is over.
std::string LiveReader::open_and_read() {
  cv::VideoCapture video;
  {
    const OpeningTurn turn(cut_);
    if (!turn.mine()) return "stopped";
    step(Step::opening);
    if (!open(video, request_))
      return "can't be opened: nothing answers there, it asks for another user or password, or "
             "what comes is no video";
  }
  for (;;) {
    step(Step::reading);
    Picture picture;  // with a fresh Mat: OpenCV copies into what it is given
    while (!video.read(picture.pixels) || picture.pixels.empty())
      if (cut_ || ++picture.broken > kBrokenInRow) return "the stream ended";
    picture.captured = clock_.utc();

    step(Step::handing_over);
    std::unique_lock lock(mutex_);
    picture_ = std::move(picture);
    changed_.notify_all();
    while (picture_ && !cut_) changed_.wait_for(lock, std::chrono::seconds(1));
    if (cut_) return "stopped";
  }
}

std::optional<LiveReader::Picture> LiveReader::take(Duration limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return picture_ || step_ == Step::ended; });
  if (!picture_) return std::nullopt;
  auto picture = std::exchange(picture_, std::nullopt);
  changed_.notify_all();
  return picture;
}

std::string LiveReader::over() const {
  const std::lock_guard lock(mutex_);
  if (picture_) return {};
  const Duration waited = clock_.steady() - since_;
  switch (step_) {
    case Step::ended:
      return why_;
    case Step::opening:
      if (waited < request_.open_limit) return {};
      return fmt::format("doesn't answer within {}", format_duration(request_.open_limit));
    case Step::reading:
      if (waited < request_.read_limit) return {};
      return fmt::format("no picture for {}", format_duration(request_.read_limit));
    default:
      return {};
  }
}

}  // namespace sluice::capture
