// motion.detect: where in the picture something moves, and when it begins and ends.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

// Why motion ended.
constexpr std::string_view kStill = "still";        // nothing moves any more
constexpr std::string_view kGone = "gone";          // no frame came for gone_after
constexpr std::string_view kResized = "resized";    // the picture's size changed
constexpr std::string_view kFinished = "finished";  // the graph ends
constexpr std::string_view kMemory = "memory";      // its background had to make room

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
handed on as they came. For each source it raises motion.began after `begin` moving frames in a row
(boxes, area: the fraction of the picture that has changed, sequence), and motion.ended after `end`
still ones (sequence, frames that moved, duration_ms by capture time, reason). The reason is
"still", "gone" (no frame came for `gone_after`, or the camera's link has ended), "resized", "memory"
or "finished". If the stage fails while something moves, no motion.ended comes of it, but stage.failed.

What it learns of a source takes six bytes for each pixel that it looks at (mog2: 61), and counts
towards the graph's `memory`. Where that is used up, a new source makes do with what silent ones have,
and those whose pictures are larger than its own; else its frames fail.

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
    d.param("max_sources", &MotionDetect::max_sources, "frames of more sources fail")
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
    Watched& source = watched(*frame, *image, context);
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

  Watched& watched(const Frame& frame, const Image& image, Context& context) {
    const cv::Size size(image.width(), image.height());
    if (const auto it = sources_.find(frame.source); it != sources_.end()) {
      if (it->second.size == size) return it->second;
      forget(it, kResized, context);
    }
    const std::size_t bytes = bytes_of(size);
    make_room(size, bytes, context);
    Watched& source = sources_[frame.source];
    source.size = size;
    source.settling = warm_up;
    source.bytes = bytes;
    bytes_ += bytes;
    if (method == Method::average) {
      source.background = std::make_unique<AverageBackground>(alpha, threshold, absorb);
    } else {
      source.background = std::make_unique<Mog2Background>(history, mog2_threshold);
    }
    return source;
  }

  std::size_t bytes_of(const cv::Size& size) const {
    const auto pixels = static_cast<std::size_t>(std::ceil(size.width * scale)) *
                        static_cast<std::size_t>(std::ceil(size.height * scale));
    return pixels * (method == Method::average ? AverageBackground::kBytesPerPixel
                                               : Mog2Background::kBytesPerPixel);
  }

  // For one source more. What a peer sends costs no camera its place that is seen, unless by a
  // larger picture than the new one's.
  void make_room(const cv::Size& size, std::size_t bytes, Context& context) {
    const SteadyTime now = context.clock().steady();
    if (sources_.size() >= static_cast<std::size_t>(max_sources)) {
      const auto silent = longest_silent(now);
      if (silent == sources_.end())
        throw FrameError(
            fmt::format("motion.detect watches {} sources already, see max_sources", max_sources));
      forget(silent, kGone, context);
    }
    while (!context.hold(bytes_ + bytes)) {
      if (const auto silent = longest_silent(now); silent != sources_.end()) {
        forget(silent, kGone, context);
      } else if (const auto largest = largest_one();
                 largest != sources_.end() && largest->second.bytes > bytes) {
        forget(largest, kMemory, context);
      } else {
        context.hold(bytes_);
        throw FrameError(fmt::format(
            "to watch a source of {}x{} pixels takes {} kB, and the graph's memory is used up",
            size.width, size.height, bytes / 1000));
      }
    }
  }

  // Of those that are silent for gone_after; end() if none is.
  Sources::iterator longest_silent(SteadyTime now) {
    const auto longest =
        std::ranges::min_element(sources_, {}, [](const auto& entry) { return entry.second.seen; });
    return longest != sources_.end() && now - longest->second.seen >= gone_after ? longest
                                                                                 : sources_.end();
  }

  Sources::iterator largest_one() {
    return std::ranges::max_element(sources_, {},
                                    [](const auto& entry) { return entry.second.bytes; });
  }

  // Gives the one behind it.
  Sources::iterator forget(Sources::iterator it, std::string_view reason, Context& context) {
    ended(it->first, it->second, reason, context);
    bytes_ -= it->second.bytes;
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
  // Shared by all sources, since one frame is worked on at a time.
  std::unique_ptr<Luma> luma_;
  Scratch changed_;
  Scratch grown_;
  std::vector<std::vector<cv::Point>> contours_;
};
SLUICE_STAGE(MotionDetect, "motion.detect");

}  // namespace
}  // namespace sluice
