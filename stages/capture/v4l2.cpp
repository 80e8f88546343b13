// capture.v4l2: USB cameras and other devices of the kernel's video interface, without a copy.

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <sluice/stage.hpp>

#include "capture/backoff.hpp"
#include "capture/camera_check.hpp"
#include "capture/driver_count.hpp"
#include "capture/outage.hpp"
#include "capture/sensor_time.hpp"
#include "capture/v4l2_camera.hpp"
#include "capture/v4l2_controls.hpp"
#include "capture/v4l2_devices.hpp"
#include "capture/v4l2_nodes.hpp"

namespace sluice {
namespace {

using capture::v4l2::Camera;

struct V4l2 : LoopStage {
  static void declare(Declare<V4l2>& d);
  static void check(const V4l2& stage, ParamProblems& problems);

  void start(Context& context) override;
  void run(LoopContext& context) override;

  std::string source = "camera";
  std::string device = "/dev/video0";
  std::optional<Kind> format = Kind::yuv420;  // none: any
  int width = 0;
  int height = 0;
  double rate = 0;
  int buffers = 8;
  std::vector<std::string> controls;
  Duration read_limit = std::chrono::seconds(5);
  std::int64_t frames = 0;
  std::int64_t warmup = 0;

 private:
  void open_camera(Context& context);
  void stream(LoopContext& context, capture::Outage& outage, capture::Backoff& backoff);
  void await(LoopContext& context, Duration limit);
  bool hand_on(Context& context, const Camera::Picture& picture, capture::SensorTime& time);
  bool enough() const { return frames > 0 && given_ == frames; }

  std::string path_;
  std::unique_ptr<Camera> camera_;
  capture::DriverCount count_;
  std::int64_t warming_ = 0;  // pictures yet to be left out
  std::int64_t given_ = 0;
  std::uint64_t sequence_ = 0;
};

void V4l2::declare(Declare<V4l2>& d) {
  d.summary("A USB camera, or another that Linux has as /dev/video*");
  d.manual(R"(
Frames lie in the camera's own buffers: gray8, bgr8 and planar yuv420 (YU12) reach the last stage
without a copy; of NV12 only the chroma is put in order, YUYV is put in order as a whole. Where the
camera can't give all levels, but 16 to 235, they are stretched. JPEGs are copied as they are. A
buffer goes back to the camera when the last stage is done with its frame. Where stages hold so many
frames that the camera would be left with no buffer, the newest is dropped (no_buffer). What the
driver lost by itself counts as camera_lost and its number is missing among the frames'.

Most USB cameras give pixels (yuv420, from YUYV) at 10 frames/s or less from 1280 x 720 on, as USB 2
carries no more, and JPEGs at 30: format = "jpeg" passes these on as they are, to be sent or
written, or decoded where pixels are needed. format = "auto" takes the first of yuv420, jpeg, bgr8
and gray8 that the camera has at the size and rate that are asked for; whoever takes the frames must
be able to take it.

A size, rate or control that the camera hasn't is an error, which says what it has. sluice stages
capture.v4l2 --devices lists the cameras with all that they can. Controls have V4L2's names, with or
without capitals and with _ for anything else (power_line_frequency), and are set in their order; a
menu's value is an entry's number or its name: "power_line_frequency=50 Hz".

A camera that is unplugged, or gives no picture within read_limit, is lost (source.lost); it is
tried again by the same name, first after half a second, then less and less often, up to every ten
seconds, until it gives a picture (source.back). One that is not there at the start is an error.
Names of /dev/v4l/by-id stay with a camera wherever it is plugged in; /dev/video0 may be another one
tomorrow.
)");
  d.output_chosen(Kind::yuv420 | Kind::jpeg | Kind::bgr8 | Kind::gray8, "format");
  d.raises({"source.lost", "source.back"});
  d.param("source", &V4l2::source, "the camera's name");
  d.param("device", &V4l2::device,
          "\"/dev/video0\", \"0\", or a name of /dev/v4l/by-id with or without its folder");
  d.choice<std::optional<Kind>>("format", &V4l2::format,
                                {{"auto", std::nullopt},
                                 {"yuv420", Kind::yuv420},
                                 {"jpeg", Kind::jpeg},
                                 {"bgr8", Kind::bgr8},
                                 {"gray8", Kind::gray8}},
                                "of the pictures");
  d.param("width", &V4l2::width, "0, with the height: the camera's own")
      .range(0, 16384)
      .unit("pixels");
  d.param("height", &V4l2::height, "0, with the width: the camera's own")
      .range(0, 16384)
      .unit("pixels");
  d.param("rate", &V4l2::rate, "0: the camera's own").range(0, 1000).unit("frames/s");
  d.param("buffers", &V4l2::buffers, "frames that stages and camera may hold together")
      .range(3, 32);
  d.param("controls", &V4l2::controls,
          "what to set: [\"brightness=128\", \"auto_exposure=Manual Mode\"]");
  d.param("read_limit", &V4l2::read_limit, "how long it may give no picture")
      .range(std::chrono::milliseconds(500), std::chrono::hours(1));
  d.param("frames", &V4l2::frames, "ends after that many; 0: without end").at_least(0);
  d.param("warmup", &V4l2::warmup,
          "leaves out that many first, each time it is opened, while exposure settles")
      .range(0, 10'000)
      .unit("frames");
  d.check(check);
  d.devices(capture::v4l2::devices);
  d.example(R"(
[stage.camera]
type     = "capture.v4l2"
source   = "yard"
device   = "/dev/video0"
format   = "jpeg"
width    = 1280
height   = 720
rate     = 30
controls = ["power_line_frequency=50 Hz"]

[stage.uplink]
type    = "transport.send"
from    = "camera"
connect = "tcp://127.0.0.1:5555"
)");
}

void V4l2::check(const V4l2& stage, ParamProblems& problems) {
  capture::check_source(stage.source, problems);
  capture::check_read_limit(stage.rate, stage.read_limit, problems);
  if (stage.device.empty())
    problems.push_back(
        {"device", "there is no camera's name", "give \"/dev/video0\", for instance"});
  if ((stage.width == 0) != (stage.height == 0))
    problems.push_back({stage.width == 0 ? "height" : "width", "width and height go together",
                        "give both, or none of them"});
  for (std::size_t i = 0; i < stage.controls.size(); ++i) try {
      capture::v4l2::parse_setting(stage.controls[i]);
    } catch (const std::invalid_argument& e) {
      problems.push_back({"controls", e.what(), "give NAME=VALUE", i});
    }
}

void V4l2::start(Context& context) {
  path_ = capture::v4l2::path_of(device);
  open_camera(context);
}

void V4l2::open_camera(Context& context) {
  const capture::v4l2::Wish wish{format, static_cast<unsigned>(width),
                                 static_cast<unsigned>(height), rate};
  camera_ = std::make_unique<Camera>(path_, wish, static_cast<unsigned>(buffers), controls);
  count_.reset();
  warming_ = warmup;
  context.log(LogLevel::info, fmt::format("{} gives {}", path_, camera_->mode()));
}

void V4l2::run(LoopContext& context) {
  capture::Backoff backoff(static_cast<unsigned>(std::hash<std::string>()(source)));
  capture::Outage outage(source, path_);
  for (;;) {
    try {
      if (!camera_) open_camera(context);
      return stream(context, outage, backoff);
    } catch (const std::runtime_error& lost) {
      camera_.reset();  // frames that hold its buffers keep them
      outage.goes_on(context, lost.what());
    }
    if (context.wait(backoff.next())) return;
  }
}

void V4l2::stream(LoopContext& context, capture::Outage& outage, capture::Backoff& backoff) {
  capture::SensorTime time(context.clock());
  const auto now = [&] { return context.clock().steady(); };
  // What came while other stages were started is old.
  for (unsigned i = camera_->queued(); i > 0; --i)
    if (const auto picture = camera_->take()) camera_->give_back(*picture);
  auto last = now();
  while (!context.stopping()) {
    await(context, read_limit - (now() - last));
    camera_->take_back();
    while (const auto picture = camera_->take()) {
      if (hand_on(context, *picture, time)) {
        last = now();
        outage.ends(context);
        backoff.reset();
      }
      if (enough() || context.stopping()) return;
      camera_->take_back();
    }
    // Some drivers keep one buffer until they have another: that stages hold the rest is no fault
    // of the camera.
    if (camera_->queued() < 2) last = now();
    if (now() - last >= read_limit)
      throw std::runtime_error(
          fmt::format("no picture for {} ms", read_limit / std::chrono::milliseconds(1)));
  }
}

// Until there is a picture, a buffer that was given back, something else that the driver tells, or
// the graph stops.
void V4l2::await(LoopContext& context, Duration limit) {
  std::array<pollfd, 3> waiting{{{camera_->fd(), POLLIN | POLLPRI, 0},
                                 {camera_->returned_fd(), POLLIN, 0},
                                 {context.wake_fd(), POLLIN, 0}}};
  const auto ms = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(limit),
                             std::chrono::milliseconds(0), std::chrono::milliseconds(1000));
  if (poll(waiting.data(), waiting.size(), static_cast<int>(ms.count())) <= 0) return;
  if (waiting[0].revents & POLLPRI) camera_->look_at_events();
  if (waiting[0].revents & (POLLERR | POLLHUP | POLLNVAL))
    throw std::runtime_error(path_ + " is gone, or has stopped by itself");
}

// False where the camera gave something that is no picture.
bool V4l2::hand_on(Context& context, const Camera::Picture& picture, capture::SensorTime& time) {
  const auto missing = count_.missing_before(picture.sequence);
  if (warming_ > 0) {
    --warming_;
    camera_->give_back(picture);
    return !picture.broken;
  }
  for (std::uint64_t i = 0; i < missing; ++i) context.drop(source, "camera_lost");
  sequence_ += missing;
  const auto number = sequence_++;
  if (picture.broken) {
    context.fail(source, path_ + " gave a broken picture");
    camera_->give_back(picture);
    return false;
  }
  if (camera_->queued() == 0) {
    context.drop(source, "no_buffer");
    camera_->give_back(picture);
    return true;
  }
  try {
    auto payload = camera_->payload_of(picture);
    context.offer(
        share({source, number, time.captured(picture.told), true, std::move(payload), {}}));
    ++given_;
    return true;
  } catch (const FrameError& e) {
    context.fail(source, fmt::format("{}: {}", path_, e.what()));
    return false;
  }
}

SLUICE_STAGE(V4l2, "capture.v4l2");

}  // namespace
}  // namespace sluice
