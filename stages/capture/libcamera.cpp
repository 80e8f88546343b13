// capture.libcamera: cameras of Raspberry Pis and others that libcamera knows.

#include <fmt/format.h>
#include <poll.h>

#include <functional>
#include <memory>
#include <sluice/graph/units.hpp>
#include <sluice/stage.hpp>

#include "capture/backoff.hpp"
#include "capture/camera_check.hpp"
#include "capture/driver_count.hpp"
#include "capture/libcamera_controls.hpp"
#include "capture/libcamera_lens.hpp"
#include "capture/libcamera_manager.hpp"
#include "capture/outage.hpp"
#include "capture/sensor_time.hpp"

namespace sluice {
namespace {

using libcamera::Transform;

struct Libcamera : LoopStage {
  static void declare(Declare<Libcamera>& d);

  void start(Context& context) override;
  void run(LoopContext& context) override;

  std::string source = "camera";
  std::string camera;
  int width = 1280;
  int height = 720;
  double rate = 0;
  Kind format = Kind::yuv420;
  int preview_width = 320;
  int preview_height = 240;
  std::vector<std::string> controls;
  Transform flip = Transform::Identity;
  Transform rotate = Transform::Identity;
  int buffers = 8;
  std::int64_t warmup = 0;
  std::int64_t frames = 0;
  Duration read_limit = std::chrono::seconds(5);

 private:
  using Lens = capture::LibcameraLens;
  void open();
  std::string stream(LoopContext& context, capture::Outage& outage, capture::Backoff& backoff);
  bool take_all(LoopContext& context);
  void hand_on(Lens::Taken taken, LoopContext& context);
  bool enough() const { return frames > 0 && given_ >= static_cast<std::uint64_t>(frames); }

  capture::LibcameraWish wish_;
  std::shared_ptr<libcamera::CameraManager> manager_;
  std::unique_ptr<Lens> lens_;  // null while the camera is lost; let go before the manager
  std::string id_;              // of the camera that was found first
  std::unique_ptr<capture::SensorTime> times_;
  capture::DriverCount count_;
  std::uint64_t sequence_ = 0;
  std::uint64_t given_ = 0;
  std::int64_t warming_ = 0;
};

void Libcamera::declare(Declare<Libcamera>& d) {
  d.summary("A Raspberry Pi's camera, or another that libcamera knows");
  d.manual(R"(
Frames hold the camera's own memory until the last reader is done with them; nothing is copied, and
yuv420 goes on to encode.jpeg as it is. (Of a camera that has only NV12 the chroma is put in order,
YUYV is as a whole; levels from 16 to 235, where it can't give all, are stretched; JPEGs are copied as
they are.) Where readers hold so many frames that the camera would be left with no buffer,
the newest is dropped (no_buffer). What the camera lost by itself counts as camera_lost, and its number
is missing among the frames'.

`preview` is a second, small picture of the same moment, made by the camera: for motion detection. It
is asked for where something is linked to it.

A size, rate or control that the camera hasn't is an error, which says what it has. `sluice stages
capture.libcamera --devices` lists the cameras with all that they can. Controls have libcamera's names,
with or without capitals and _, and are set before the first picture: "exposure_time=10ms",
"analogue_gain=2", "ae_exposure_mode=short", "ae_enable=false", "exposure_value=-0.5",
"awb_mode=daylight", "awb_enable=false", "colour_gains=1.5,2.0", "brightness=0.1", "contrast=1.2",
"saturation=0.9", "sharpness=1.5", "af_mode=continuous", "lens_position=2".

A frame's capture time is the sensor's. A camera that is unplugged, or gives no picture within
read_limit, is lost (source.lost); it is tried again, first after half a second, then less and less
often, up to every ten seconds, until it is back (source.back). One that is not there at the start is
an error.

Errors within libcamera go to standard error; LIBCAMERA_LOG_LEVELS="*:INFO" shows more.
)");
  d.output_chosen(Kind::yuv420 | Kind::bgr8 | Kind::bgra8 | Kind::gray8 | Kind::jpeg, "format");
  d.output(Kind::yuv420, "preview", "the same moment, small");
  d.raises({"source.lost", "source.back"});
  d.param("source", &Libcamera::source, "the camera's name");
  d.param("camera", &Libcamera::camera,
          "which: its number, its id, or a part of its id or model; if empty: the only one");
  d.param("width", &Libcamera::width, "0: the camera's own").range(0, 16384).unit("pixels");
  d.param("height", &Libcamera::height, "0: the camera's own").range(0, 16384).unit("pixels");
  d.param("rate", &Libcamera::rate, "0: the camera's own").range(0, 1000).unit("frames/s");
  d.choice<Kind>("format", &Libcamera::format,
                 {{"yuv420", Kind::yuv420},
                  {"bgr8", Kind::bgr8},
                  {"bgra8", Kind::bgra8},
                  {"gray8", Kind::gray8},
                  {"jpeg", Kind::jpeg}},
                 "of the pixels; jpeg: as the camera makes it");
  d.param("preview_width", &Libcamera::preview_width, "0: the camera's own")
      .range(0, 16384)
      .unit("pixels");
  d.param("preview_height", &Libcamera::preview_height, "0: the camera's own")
      .range(0, 16384)
      .unit("pixels");
  d.param("controls", &Libcamera::controls, "\"name=value\", set at the start");
  d.choice<Transform>("flip", &Libcamera::flip,
                      {{"none", Transform::Identity},
                       {"horizontal", Transform::HFlip},
                       {"vertical", Transform::VFlip},
                       {"both", Transform::HVFlip}},
                      "by the camera, before it is rotated");
  d.choice<Transform>("rotate", &Libcamera::rotate,
                      {{"0", Transform::Rot0},
                       {"90", Transform::Rot90},
                       {"180", Transform::Rot180},
                       {"270", Transform::Rot270}},
                      "by the camera, degrees clockwise");
  d.param("buffers", &Libcamera::buffers, "pictures that the camera and all readers share")
      .range(3, 32);
  d.param("warmup", &Libcamera::warmup,
          "leaves out that many first, each time it is opened, while exposure settles")
      .range(0, 10'000)
      .unit("frames");
  d.param("frames", &Libcamera::frames, "ends after that many; 0: without end").at_least(0);
  d.param("read_limit", &Libcamera::read_limit, "how long the camera may give no picture")
      .range(std::chrono::milliseconds(500), std::chrono::hours(1));
  d.check([](const Libcamera& stage, ParamProblems& problems) {
    capture::check_source(stage.source, problems);
    capture::check_read_limit(stage.rate, stage.read_limit, problems);
    for (std::size_t i = 0; i < stage.controls.size(); ++i) try {
        capture::parse_control(stage.controls[i]);
      } catch (const std::invalid_argument& e) {
        problems.push_back({"controls", e.what(), "give NAME=VALUE", i});
      }
  });
  d.devices(capture::libcamera_devices);
  d.example(R"(
[stage.camera]
type     = "capture.libcamera"
source   = "garden"
width    = 1280
height   = 720
rate     = 30
controls = ["awb_mode=daylight", "sharpness=1.5"]

[stage.jpeg]
type = "encode.jpeg"
from = "camera"

[stage.end]
type = "sink.discard"
from = "jpeg"
)");
}

void Libcamera::start(Context& context) {
  wish_.main = {format, width, height};
  if (context.linked("preview"))
    wish_.preview = capture::StreamWish{Kind::yuv420, preview_width, preview_height};
  wish_.transform = rotate * flip;
  wish_.rate = rate;
  wish_.controls = controls;
  wish_.buffers = static_cast<unsigned>(buffers);
  times_ = std::make_unique<capture::SensorTime>(context.clock());
  manager_ = capture::libcamera_manager();
  id_ = capture::find_camera(*manager_, camera)->id();
  open();
}

void Libcamera::open() {
  lens_ = std::make_unique<Lens>(capture::find_camera(*manager_, id_), wish_);
  count_.reset();
  warming_ = warmup;
}

void Libcamera::run(LoopContext& context) {
  capture::Backoff backoff(static_cast<unsigned>(std::hash<std::string>()(source)));
  capture::Outage outage(source, id_);
  while (!context.stopping() && !enough()) {
    std::string lost;
    try {
      if (!lens_) open();
      lost = stream(context, outage, backoff);
    } catch (const std::runtime_error& e) {  // ours, or the system's where it has no memory
      lost = e.what();
    }
    lens_.reset();
    if (lost.empty()) return;
    outage.goes_on(context, lost);
    context.wait(backoff.next());
  }
}

// Until it is to stop, which gives an empty text, or the camera is lost: why.
std::string Libcamera::stream(LoopContext& context, capture::Outage& outage,
                              capture::Backoff& backoff) {
  constexpr auto kGlance = std::chrono::milliseconds(500);
  SteadyTime last = context.clock().steady();
  lens_->skip();  // what came while other stages were started is old
  while (!context.stopping() && !enough()) {
    pollfd waiting[] = {{lens_->completed_fd(), POLLIN, 0},
                        {lens_->returned_fd(), POLLIN, 0},
                        {context.wake_fd(), POLLIN, 0}};
    poll(waiting, std::size(waiting), static_cast<int>(kGlance.count()));
    if (take_all(context)) {
      outage.ends(context);
      backoff.reset();
      last = context.clock().steady();
    }
    if (!lens_->take_back()) return "it has stopped by itself, or was unplugged";
    // That readers hold all the others is no fault of the camera.
    if (lens_->with_camera() < 2) last = context.clock().steady();
    if (context.clock().steady() - last > read_limit)
      return fmt::format("no picture for {}", format_duration(read_limit));
    if ((waiting[0].revents | waiting[1].revents) == 0 && !manager_->get(id_))
      return "it was unplugged";
  }
  return {};
}

// Whether there was a good picture.
bool Libcamera::take_all(LoopContext& context) {
  bool good = false;
  while (!context.stopping() && !enough()) {
    auto taken = lens_->take();
    if (!taken) break;
    good = good || taken->state != Lens::Taken::State::broken;
    hand_on(std::move(*taken), context);
  }
  return good;
}

void Libcamera::hand_on(Lens::Taken taken, LoopContext& context) {
  const auto missing = count_.missing_before(taken.sequence);
  if (taken.state == Lens::Taken::State::unsettled) return;
  if (warming_ > 0) {
    --warming_;
    return;
  }
  for (std::uint64_t i = 0; i < missing; ++i) context.drop(source, "camera_lost");
  sequence_ += missing;
  const auto number = sequence_++;
  if (taken.state == Lens::Taken::State::broken) return context.fail(source, taken.why);
  if (taken.state == Lens::Taken::State::no_buffer) return context.drop(source, "no_buffer");
  const auto captured = times_->captured(taken.sensor_time);
  ++given_;
  context.offer(share({source, number, captured, true, std::move(*taken.main), {}}));
  if (taken.preview)
    context.offer(share({source, number, captured, true, std::move(*taken.preview), {}}),
                  "preview");
}

SLUICE_STAGE(Libcamera, "capture.libcamera");

}  // namespace
}  // namespace sluice
