// motion.detect: where in the picture something moves, and when it begins and ends.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <opencv2/imgproc.hpp>
#include <sluice/stage.hpp>
#include <string_view>
#include <utility>

#include "motion/background.hpp"
#include "motion/luma.hpp"

namespace sluice {
namespace {

enum class Method { average, mog2 };

constexpr int kGrow = 2;  // pixels by which the mask is grown, to join what belongs together
constexpr int kForgetFactor = 10;  // times gone_after
constexpr std::size_t kNoRefusal = std::numeric_limits<std::size_t>::max();
constexpr Duration kTellAgain = std::chrono::minutes(1);

// Why motion ended.
constexpr std::string_view kStill = "still";        // nothing moves any more
constexpr std::string_view kGone = "gone";          // no frame came for gone_after
constexpr std::string_view kResized = "resized";    // the picture's size changed
constexpr std::string_view kFinished = "finished";  // the graph ends

// What a source that can't be watched would take.
constexpr std::string_view kMemory = "memory";
constexpr std::string_view kPlace = "max_sources";

// What is known of one source.
struct Watched {
  cv::Size size;  // of its pictures
  std::unique_ptr<Background> background;
  std::size_t bytes = 0;  // of that
  int settling = 0;       // frames left
  SteadyTime seen;

  bool moving = false;
  // Frames in a row that contradict `moving`: moving ones before it began, still ones after.
  int contrary = 0;
  UtcTime first{}, last{};  // capture times of the first and the last moving frame
  std::int64_t frames = 0;  // that moved, from `first` to `last`
  std::uint64_t sequence = 0;
};

struct MotionDetect : Stage {
  Method method = Method::average;
  double scale = 0.5;
  double blur = 1.0;
  double threshold = 12;
  double alpha = 0.05;
  int absorb = 30;
  double mog2_threshold = 16;
  int history = 500;
  double min_area = 0.2;
  int begin = 3;
  int end = 8;
  int warm_up = 10;
  Duration gone_after = std::chrono::seconds(5);
  int max_sources = 256;

  static void declare(Declare<MotionDetect>& d) {
    d.summary("Finds what moves, and says when motion begins and ends");
    d.manual(R"(
Marks what moves in front of a fixed camera by boxes labelled "motion", in frames that are otherwise
passed on as they came. For each source it raises motion.began after `begin` moving frames in a row
(boxes, area: the fraction of the picture that has changed, sequence), and motion.ended after `end`
still ones (sequence, frames that moved, duration_ms by capture time, reason). The reason is
"still", "gone" (no frame came for `gone_after`, or the camera's link has ended), "resized" or
"finished". If the stage fails while something moves, no motion.ended comes of it, but stage.failed.

What it learns of a source takes six bytes for each pixel that it looks at (mog2: 61), and counts
towards the graph's `memory`. Where that is used up, or `max_sources` are watched, a new source takes
the place of those that have been silent for `gone_after`, longest first. If that doesn't suffice,
nobody is forgotten, and its frames go on unwatched: without boxes and events. They are counted in the
report as frames_unwatched, and the log says so once a minute.

The method "average" compares each picture with a running average of the last ones: quick, and good
indoors. "mog2" learns how each pixel varies, and so overlooks leaves and water; five times the work.
Both look at brightness only, at `scale` of the size: gray8 and yuv420 save the conversion.

A camera that turns or zooms moves everything. A sudden change of light is motion until it is
learnt. What stops moving becomes background after a while, and is motion again when it leaves.
)");
    d.input(kinds::pictures);
    d.output_same();
    d.raises({"motion.began", "motion.ended"});
    d.choice("method", &MotionDetect::method,
             {{"average", Method::average}, {"mog2", Method::mog2}},
             "how the background is learnt");
    d.param("scale", &MotionDetect::scale, "size to look at, of width and height").range(0.05, 1);
    d.param("blur", &MotionDetect::blur, "Gaussian blur against noise, its sigma; 0: none")
        .range(0, 20)
        .unit("pixels at `scale`");
    d.param("threshold", &MotionDetect::threshold,
            "average: how far from the background a pixel has changed")
        .range(1, 254)
        .unit("levels of gray");
    d.param("alpha", &MotionDetect::alpha, "average: each frame's share in the background")
        .range(0.0001, 1);
    d.param("absorb", &MotionDetect::absorb,
            "average: what stands still for so long becomes background")
        .range(2, 255)
        .unit("frames");
    d.param("mog2_threshold", &MotionDetect::mog2_threshold,
            "mog2: how far from the background a pixel has changed, squared")
        .range(1, 1000)
        .unit("variances");
    d.param("history", &MotionDetect::history, "mog2: frames that the background is learnt from")
        .range(1, 100'000)
        .unit("frames");
    d.param("min_area", &MotionDetect::min_area, "boxes smaller than this don't count")
        .range(0, 100)
        .unit("% of the picture");
    d.param("begin", &MotionDetect::begin, "moving frames in a row that begin motion")
        .range(1, 10'000)
        .unit("frames");
    d.param("end", &MotionDetect::end, "still frames in a row that end it")
        .range(1, 10'000)
        .unit("frames");
    d.param("warm_up", &MotionDetect::warm_up, "a source's first frames are only learnt from")
        .range(1, 10'000)
        .unit("frames");
    d.param("gone_after", &MotionDetect::gone_after,
            "motion ends where no frame came for so long (take more than a slow camera's "
            "interval); after ten times that, or for one that needs its place, the source is "
            "forgotten")
        .range(std::chrono::milliseconds(100), std::chrono::hours(24));
    d.param("max_sources", &MotionDetect::max_sources, "frames of more sources go on unwatched")
        .range(1, 4096);
    d.ticks(std::chrono::seconds(1));
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.motion]
type     = "motion.detect"
from     = "camera"
min_area = 0.5

[stage.end]
type = "sink.discard"
from = "motion"
)");
  }

  void start(Context&) override { luma_ = std::make_unique<Luma>(scale, blur); }

  void process(const FramePtr& frame, Context& context) override {
    const Image* image = frame->image();
    Watched* const known = watched(*frame, *image, context);
    if (!known) return pass_unwatched(frame, context);
    Watched& source = *known;
    source.seen = context.clock().steady();
    source.sequence = frame->sequence;

    const cv::Mat& luma = luma_->of(*image);
    cv::Mat& changed = changed_.as(luma.size(), CV_8UC1);
    const bool settling = source.settling > 0;
    source.background->update(luma, changed, settling);
    if (settling) {
      --source.settling;
      context.emit(frame);
      return;
    }

    double area = 0;
    auto found = find(changed, area);
    step(*frame, source, found.size(), area, context);
    context.emit(found.empty() ? frame : frame->annotated(std::move(found)));
  }

  void on_tick(Context& context) override {
    refused_ = kNoRefusal;
    const SteadyTime now = context.clock().steady();
    for (auto it = sources_.begin(); it != sources_.end();) {
      const Duration silent = now - it->second.seen;
      if (silent >= gone_after) ended(it->first, it->second, kGone, context);
      it = silent >= kForgetFactor * gone_after ? forget(it, kGone, context) : std::next(it);
    }
  }

  void on_gone(const std::string& name, Context& context) override {
    if (const auto it = sources_.find(name); it != sources_.end()) forget(it, kGone, context);
  }

  void finish(Context& context) override {
    for (auto& [name, source] : sources_) ended(name, source, kFinished, context);
  }

 private:
  using Sources = std::map<std::string, Watched>;

  // Null: there is no place for it.
  Watched* watched(const Frame& frame, const Image& image, Context& context) {
    const cv::Size size(image.width(), image.height());
    if (const auto it = sources_.find(frame.source); it != sources_.end()) {
      if (it->second.size == size) return &it->second;
      forget(it, kResized, context);
    }
    const std::size_t bytes = bytes_of(size);
    if (!make_room(bytes, context)) return nullptr;
    Watched& source = sources_[frame.source];
    source.size = size;
    source.settling = warm_up;
    source.bytes = bytes;
    bytes_ += bytes;
    context.hold(bytes_);
    if (method == Method::average) {
      source.background = std::make_unique<AverageBackground>(alpha, threshold, absorb);
    } else {
      source.background = std::make_unique<Mog2Background>(history, mog2_threshold);
    }
    return &source;
  }

  std::size_t bytes_of(const cv::Size& size) const {
    const auto pixels = static_cast<std::size_t>(std::ceil(size.width * scale)) *
                        static_cast<std::size_t>(std::ceil(size.height * scale));
    return pixels * (method == Method::average ? AverageBackground::kBytesPerPixel
                                               : Mog2Background::kBytesPerPixel);
  }

  // For one source more, in the place of silent ones. What a peer sends costs no camera its place
  // that is seen, and none at all where it gains nothing. False: there is no room.
  bool make_room(std::size_t bytes, Context& context) {
    if (bytes >= refused_) return false;
    const SteadyTime now = context.clock().steady();
    std::vector<Sources::iterator> silent;
    for (auto it = sources_.begin(); it != sources_.end(); ++it)
      if (now - it->second.seen >= gone_after) silent.push_back(it);
    std::ranges::sort(silent, {}, [](const auto& it) { return it->second.seen; });

    std::size_t leaving = 0;  // of the silent ones
    std::size_t staying = bytes_;
    const auto has_place = [&] {
      return sources_.size() - leaving < static_cast<std::size_t>(max_sources);
    };
    while (!has_place() || !context.hold(staying + bytes)) {
      if (leaving == silent.size()) {
        // What was claimed is given back at once, and not claimed again with each frame: others
        // would let go of what they keep.
        context.hold(bytes_);
        short_of_ = has_place() ? kMemory : kPlace;
        refused_ = has_place() ? bytes : 0;
        return false;
      }
      staying -= silent[leaving++]->second.bytes;
    }
    for (std::size_t i = 0; i < leaving; ++i) forget(silent[i], kGone, context);
    return true;
  }

  void pass_unwatched(const FramePtr& frame, Context& context) {
    context.figure("frames_unwatched", std::string(short_of_),
                   static_cast<double>(++unwatched_[short_of_]));
    const SteadyTime now = context.clock().steady();
    if (now >= tell_again_) {
      tell_again_ = now + kTellAgain;
      context.log(LogLevel::warning, why_unwatched(*frame));
    }
    context.emit(frame);
  }

  std::string why_unwatched(const Frame& frame) const {
    if (short_of_ == kPlace)
      return fmt::format(
          "'{}' isn't watched: {} sources are, and that is the limit; raise max_sources",
          frame.source, max_sources);
    const Image& image = *frame.image();
    return fmt::format(
        "'{}' isn't watched: {}x{} pixels take {} kB, and the graph's memory is used up; raise the "
        "graph's `memory`, or lower `scale`",
        frame.source, image.width(), image.height(),
        bytes_of({image.width(), image.height()}) / 1000);
  }

  // Gives the one behind it.
  Sources::iterator forget(Sources::iterator it, std::string_view reason, Context& context) {
    ended(it->first, it->second, reason, context);
    bytes_ -= it->second.bytes;
    refused_ = kNoRefusal;
    const auto next = sources_.erase(it);
    context.hold(bytes_);
    return next;
  }

  // Boxes around what has changed, where they are large enough; and in `area` the fraction of the
  // picture that has changed.
  std::vector<Annotation> find(const cv::Mat& changed, double& area) {
    std::vector<Annotation> found;
    const int count = cv::countNonZero(changed);
    if (count == 0) return found;  // most frames: nothing allocated
    area = count / static_cast<double>(changed.total());
    cv::Mat& grown = grown_.as(changed.size(), CV_8UC1);
    cv::dilate(changed, grown, cv::Mat(), cv::Point(-1, -1), kGrow);
    cv::findContours(grown, contours_, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);

    const double width = grown.cols;
    const double height = grown.rows;
    for (const auto& contour : contours_) {
      // Take back by how much the mask was grown, except where the picture's edge cut it off.
      const cv::Rect r = cv::boundingRect(contour);
      const double left = r.x > 0 ? r.x + kGrow : 0;
      const double top = r.y > 0 ? r.y + kGrow : 0;
      const double right = r.br().x < grown.cols ? r.br().x - kGrow : width;
      const double bottom = r.br().y < grown.rows ? r.br().y - kGrow : height;
      const Box box{left / width, top / height, (right - left) / width, (bottom - top) / height};
      if (box.width * box.height * 100 >= min_area) found.push_back({"motion", box, 1.0, {}});
    }
    return found;
  }

  // Hysteresis: `begin` moving frames in a row begin motion, `end` still ones end it.
  void step(const Frame& frame, Watched& source, std::size_t boxes, double area, Context& context) {
    const bool motion = boxes > 0;
    if (motion) {
      if (!source.moving && source.contrary == 0) {
        source.first = frame.captured;
        source.frames = 0;
      }
      source.last = frame.captured;
      ++source.frames;
    }
    source.contrary = motion == source.moving ? 0 : source.contrary + 1;
    if (source.moving) {
      if (source.contrary == end) ended(frame.source, source, kStill, context);
    } else if (source.contrary == begin) {
      source.moving = true;
      source.contrary = 0;
      context.raise({"motion.began",
                     frame.source,
                     {{"boxes", static_cast<std::int64_t>(boxes)},
                      {"area", area},
                      {"sequence", static_cast<std::int64_t>(frame.sequence)}}});
    }
  }

  // Raises motion.ended if the source was moving.
  void ended(const std::string& name, Watched& source, std::string_view reason, Context& context) {
    if (!std::exchange(source.moving, false)) return;
    source.contrary = 0;
    // In floating point: a peer's capture times may be anything, and their difference not fit.
    const double ms = (static_cast<double>(source.last.time_since_epoch().count()) -
                       static_cast<double>(source.first.time_since_epoch().count())) /
                      1e6;
    context.raise({"motion.ended",
                   name,
                   {{"sequence", static_cast<std::int64_t>(source.sequence)},
                    {"frames", source.frames},
                    {"duration_ms", static_cast<std::int64_t>(std::llround(std::max(0.0, ms)))},
                    {"reason", std::string(reason)}}});
  }

  Sources sources_;        // at most max_sources
  std::size_t bytes_ = 0;  // of their backgrounds
  // A source that takes so many bytes or more found no place, for want of short_of_; until the next
  // tick, or until one is forgotten, none is looked for.
  std::size_t refused_ = kNoRefusal;
  std::string_view short_of_;
  std::map<std::string_view, std::uint64_t> unwatched_;  // frames, by what was short
  SteadyTime tell_again_{};
  // Shared by all sources, since one frame is worked on at a time.
  std::unique_ptr<Luma> luma_;
  Scratch changed_;
  Scratch grown_;
  std::vector<std::vector<cv::Point>> contours_;
};
SLUICE_STAGE(MotionDetect, "motion.detect");

}  // namespace
}  // namespace sluice
