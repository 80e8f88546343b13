// capture.synthetic: a camera that needs none. See scene.hpp for what it shows.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sluice/stage.hpp>
#include <vector>

#include "capture/camera_check.hpp"
#include "capture/pacer.hpp"
#include "capture/scene.hpp"

namespace sluice {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr double kMostPreloaded = 4;  // GiB

struct Synthetic : LoopStage {
  static void declare(Declare<Synthetic>& d) {
    d.summary("A made-up scene with moving objects whose true places are known");
    d.manual(
        "For demonstrations, tests and measurements without a camera: a textured, slightly noisy "
        "wall before which bright objects bounce about, and now and then are gone. The true boxes "
        "come as annotations labelled \"truth\", for the objects that can be seen.\n\n"
        "A frame's content depends on the parameters and its number only, so a seed repeats a "
        "scene bit for bit; each seed has its own colour of wall. With a rate it behaves as a live "
        "camera: what finds no room is dropped, and after a stall it goes on with the next frame. "
        "With rate = 0 it goes as fast as the stages behind it where their mailboxes have "
        "when_full = \"block\"; elsewhere these drop what is too much. The scene then moves as at "
        "30 frames/s.\n\n"
        "preload draws the first frames once and repeats them without end: for measuring what "
        "comes after, not the drawing.");
    d.output_chosen(Kind::bgr8 | Kind::gray8 | Kind::yuv420, "format");
    d.param("source", &Synthetic::source, "the camera's name");
    d.param("width", &Synthetic::width, "of the picture").range(16, 8192).unit("pixels");
    d.param("height", &Synthetic::height, "of the picture").range(16, 8192).unit("pixels");
    d.param("rate", &Synthetic::rate, "0: as fast as possible").range(0, 1000).unit("frames/s");
    d.param("objects", &Synthetic::objects, "how many things move").range(0, 64);
    d.param("seed", &Synthetic::seed, "which scene").at_least(0);
    d.param("frames", &Synthetic::frames, "ends after that many; 0: without end").at_least(0);
    d.param("preload", &Synthetic::preload, "repeat its first frames, that many, from memory")
        .range(0, 100'000)
        .unit("frames");
    d.param("moving", &Synthetic::moving, "how long the objects are there and move")
        .range(std::chrono::milliseconds(1), std::chrono::hours(24));
    d.param("still", &Synthetic::still, "how long they are gone after that; 0: never")
        .range(Duration::zero(), std::chrono::hours(24));
    d.choice<Kind>("format", &Synthetic::format,
                   {{"bgr8", Kind::bgr8}, {"gray8", Kind::gray8}, {"yuv420", Kind::yuv420}},
                   "of the pixels");
    d.check([](const Synthetic& s, ParamProblems& problems) {
      capture::check_source(s.source, problems);
      const double pixel = s.format == Kind::bgr8 ? 3 : s.format == Kind::gray8 ? 1 : 1.5;
      const double all = pixel * s.width * s.height * static_cast<double>(s.drawn_first());
      if (all > kMostPreloaded * kGiB)
        problems.push_back({"preload",
                            fmt::format("these frames take {:.1f} GiB, and {:.0f} are allowed",
                                        all / kGiB, kMostPreloaded),
                            "preload fewer, or smaller ones"});
    });
    d.example(R"(
[stage.camera]
type    = "capture.synthetic"
source  = "hall"
rate    = 15
objects = 2
moving  = "10s"
still   = "5s"

[stage.end]
type = "sink.discard"
from = "camera"
)");
  }

  void start(Context&) override {
    scene_ = std::make_unique<capture::Scene>(
        capture::SceneSettings{width, height, format, objects, static_cast<std::uint64_t>(seed),
                               rate > 0 ? rate : 30.0, moving, still});
  }

  void run(LoopContext& context) override {
    std::vector<capture::Scene::View> views;
    while (views.size() < drawn_first() && !context.stopping())
      views.push_back(scene_->frame(views.size()));
    capture::Pacer pacer(rate);
    const auto end = static_cast<std::uint64_t>(frames);
    for (std::uint64_t n = 0; end == 0 || n < end; ++n) {
      if (!pacer.next(context)) return;
      const UtcTime captured = context.clock().utc();
      // Frames that are repeated share their pixels, which nobody changes.
      auto view = views.empty() ? scene_->frame(n) : views[n % views.size()];
      auto frame = share({source, n, captured, true, std::move(view.image), std::move(view.truth)});
      if (rate > 0) {
        context.offer(std::move(frame));
      } else {
        context.emit(std::move(frame));
      }
    }
  }

  std::string source = "synthetic";
  int width = 640;
  int height = 480;
  double rate = 30;
  int objects = 3;
  std::int64_t seed = 1;
  std::int64_t frames = 0;
  std::int64_t preload = 0;
  Duration moving = std::chrono::seconds(5);
  Duration still = std::chrono::seconds(3);
  Kind format = Kind::bgr8;

 private:
  std::size_t drawn_first() const {
    return static_cast<std::size_t>(frames > 0 ? std::min(preload, frames) : preload);
  }

  std::unique_ptr<const capture::Scene> scene_;
};
SLUICE_STAGE(Synthetic, "capture.synthetic");

}  // namespace
}  // namespace sluice
