// capture.video: video files, USB cameras and network cameras, by OpenCV.

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <opencv2/core/utils/logger.hpp>
#include <optional>
#include <sluice/stage.hpp>

#include "capture/address.hpp"
#include "capture/backoff.hpp"
#include "capture/camera_check.hpp"
#include "capture/file_video.hpp"
#include "capture/live_reader.hpp"
#include "capture/outage.hpp"
#include "capture/pacer.hpp"

namespace sluice {
namespace {

using capture::Address;

struct Video : LoopStage {
  static void declare(Declare<Video>& d);
  static void check(const Video& stage, ParamProblems& problems);

  void start(Context&) override;
  void run(LoopContext& context) override;

  std::string source;
  std::string uri;
  bool realtime = true;
  bool loop = false;
  std::int64_t preload = 0;
  std::int64_t frames = 0;
  int width = 0;
  int height = 0;
  double rate = 0;
  Duration open_limit = std::chrono::seconds(5);
  Duration read_limit = std::chrono::seconds(5);

 private:
  void run_file(LoopContext& context);
  void run_preloaded(LoopContext& context);
  void run_live(LoopContext& context);
  void end_of_file(Context& context) const;
  FramePtr next_frame(cv::Mat pixels, UtcTime captured);
  bool enough() const { return frames > 0 && sequence_ == static_cast<std::uint64_t>(frames); }

  Address address_;
  std::unique_ptr<capture::FileVideo> file_;
  std::uint64_t sequence_ = 0;
};

void Video::declare(Declare<Video>& d) {
  d.summary("A video file, a USB camera or a network camera");
  d.manual(
      "A file comes at its own rate, or with realtime = false as fast as it is taken; it waits for "
      "room, loses nothing and ends with its last frame, unless it loops. Its frames are numbered "
      "on from 0, over all loops. preload decodes the first frames once and repeats them without "
      "end: for measuring what comes after, not the decoder.\n\n"
      "A camera (/dev/video0, or a URL) is live: what finds no room is dropped. When it doesn't "
      "answer within open_limit or gives no picture within read_limit it counts as lost: the event "
      "source.lost is raised once, and it is tried again, first after half a second, then less and "
      "less often, up to every ten seconds, until it gives a picture (source.back). A network "
      "camera that is not there at the start is waited for in the same way; a device that is not "
      "there is an error.\n\n"
      "Network cameras are opened one after the other, as OpenCV has it. User and password go into "
      "the URL; the log doesn't show them.");
  d.output(Kind::bgr8);
  d.raises({"source.lost", "source.back"});
  d.param("source", &Video::source,
          "the camera's name; if empty: the file's name without its ending, or \"camera\"");
  d.param("uri", &Video::uri,
          "a file's path, a device (\"0\", \"/dev/video0\"), or an rtsp, rtmp, http or https URL")
      .required();
  d.param("realtime", &Video::realtime,
          "of a file: at its own rate; false: as fast as it is taken");
  d.param("loop", &Video::loop, "of a file: begin again at its end");
  d.param("preload", &Video::preload, "of a file: repeat its first frames, that many, from memory")
      .range(0, 100'000)
      .unit("frames");
  d.param("frames", &Video::frames, "ends after that many; 0: all").at_least(0);
  d.param("width", &Video::width, "asked of a device; 0: its own").range(0, 16384).unit("pixels");
  d.param("height", &Video::height, "asked of a device; 0: its own").range(0, 16384).unit("pixels");
  d.param("rate", &Video::rate, "asked of a device; 0: its own").range(0, 1000).unit("frames/s");
  d.param("open_limit", &Video::open_limit, "how long a camera may take to answer")
      .range(std::chrono::milliseconds(500), std::chrono::seconds(60));
  d.param("read_limit", &Video::read_limit, "how long a camera may give no picture")
      .range(std::chrono::milliseconds(500), std::chrono::hours(1));
  d.check(check);
  d.example(R"(
[stage.camera]
type   = "capture.video"
source = "yard"
uri    = "film.mp4"       # or "/dev/video0", or "rtsp://192.168.1.20/stream1"

[stage.end]
type = "sink.discard"
from = "camera"
)");
}

void Video::check(const Video& stage, ParamProblems& problems) {
  if (!stage.source.empty()) capture::check_source(stage.source, problems);
  Address address;
  try {
    address = capture::parse_address(stage.uri);
  } catch (const std::invalid_argument& e) {
    // Of the stage as a whole, since its line is shown, and a URL may have a password in it.
    problems.push_back({"", e.what(), ""});
    return;
  }
  const auto only_for = [&](std::string_view sort, bool given, const char* parameter) {
    if (given)
      problems.push_back(
          {parameter,
           fmt::format("'{}' is for {}, which {} is not", parameter, sort, address.shown),
           "leave it out"});
  };
  if (address.live()) {
    only_for("files", stage.loop, "loop");
    only_for("files", stage.preload > 0, "preload");
    only_for("files", !stage.realtime, "realtime");
  }
  if (address.sort != Address::Sort::device) {
    only_for("devices", stage.width > 0, "width");
    only_for("devices", stage.height > 0, "height");
    only_for("devices", stage.rate > 0, "rate");
  } else {
    capture::check_read_limit(stage.rate, stage.read_limit, problems);
  }
}

void Video::start(Context&) {
  address_ = capture::parse_address(uri);
  if (source.empty()) source = capture::default_source(address_);
  if (address_.sort == Address::Sort::file)
    file_ = std::make_unique<capture::FileVideo>(address_.path);
  if (address_.sort == Address::Sort::device) capture::check_device(address_.path);
}

void Video::run(LoopContext& context) {
  if (address_.live()) {
    run_live(context);
  } else if (preload > 0) {
    run_preloaded(context);
  } else {
    run_file(context);
  }
}

FramePtr Video::next_frame(cv::Mat pixels, UtcTime captured) {
  return share({source, sequence_++, captured, true, Image(Kind::bgr8, std::move(pixels)), {}});
}

void Video::run_file(LoopContext& context) {
  capture::Pacer pacer(realtime ? file_->rate() : 0);
  std::int64_t told = 0;
  while (!context.stopping()) {
    auto picture = file_->read();
    for (; told < file_->broken(); ++told)
      context.fail(source, address_.shown + ": a picture can't be decoded");
    if (picture.empty()) {
      end_of_file(context);
      if (!loop || file_->given() == 0) return;
      file_ = std::make_unique<capture::FileVideo>(address_.path);
      told = 0;
      continue;
    }
    if (!pacer.next(context)) return;
    context.emit(next_frame(std::move(picture), context.clock().utc()));
    if (enough()) return;
  }
}

void Video::end_of_file(Context& context) const {
  if (!file_->cut_off()) return;
  auto text = fmt::format("{} ended after {} frames", address_.shown, file_->given());
  if (file_->announced() > 0) text += fmt::format(" of {}", file_->announced());
  context.log(LogLevel::warning, text + "; the rest is missing or can't be decoded");
}

void Video::run_preloaded(LoopContext& context) {
  std::vector<cv::Mat> pictures;
  while (!context.stopping() && pictures.size() < static_cast<std::size_t>(preload)) {
    auto picture = file_->read();
    if (picture.empty()) break;
    pictures.push_back(std::move(picture));
  }
  if (pictures.size() < static_cast<std::size_t>(preload) && !context.stopping())
    context.log(LogLevel::info,
                fmt::format("{} has only {} frames to preload", address_.shown, pictures.size()));
  if (pictures.empty()) return end_of_file(context);
  capture::Pacer pacer(realtime ? file_->rate() : 0);
  file_.reset();  // with the decoder's memory
  while (!enough() && pacer.next(context)) {
    // Frames share the pixels, which nobody changes.
    const auto& picture = pictures[sequence_ % pictures.size()];
    context.emit(next_frame(picture, context.clock().utc()));
  }
}

void Video::run_live(LoopContext& context) {
  const capture::LiveReader::Request request{address_, open_limit, read_limit, width, height, rate};
  capture::Backoff backoff(static_cast<unsigned>(std::hash<std::string>()(source)));
  capture::Outage outage(source, address_.shown);
  while (!context.stopping()) {
    {
      capture::LiveReader reader(request, context.clock());
      std::string over;
      while (over.empty()) {
        if (context.stopping()) return;
        auto picture = reader.take(std::chrono::milliseconds(100));
        if (!picture) {
          over = reader.over();
          continue;
        }
        outage.ends(context);
        backoff.reset();
        for (int i = 0; i < picture->broken; ++i)
          context.fail(source, address_.shown + ": a picture can't be decoded");
        context.offer(next_frame(std::move(picture->pixels), picture->captured));
        if (enough()) return;
      }
      // Told before the reader is let go, which may take a moment.
      outage.goes_on(context, over);
    }
    context.wait(backoff.next());
  }
}

// FFmpeg and OpenCV write to standard error as they please, addresses with passwords included; what
// matters comes through the stage's log. Whoever wants theirs sets these variables. Done before
// main(), as the environment mustn't change once there are threads.
[[maybe_unused]] const bool quiet = [] {
  setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);  // AV_LOG_QUIET
  if (!std::getenv("OPENCV_LOG_LEVEL"))
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  return true;
}();

SLUICE_STAGE(Video, "capture.video");

}  // namespace
}  // namespace sluice
