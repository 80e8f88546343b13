// display.window: pictures on this machine's screen.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <display/montage.hpp>
#include <display/screen.hpp>
#include <map>
#include <optional>
#include <sluice/stage.hpp>

namespace sluice {
namespace {

using namespace display;

constexpr char kTitle[] = "sluice";
constexpr int kMostWide = 1920;  // of the montage, in pixels
constexpr std::size_t kMostWindows = 32;

struct Window : LoopStage {
  static void declare(Declare<Window>& d) {
    d.summary("Shows sources in windows on this machine's screen");
    d.manual(R"(A window for each source, or all in one: montage = "auto" makes the smallest grid
that holds them, "3x2" one of 3 columns and 2 rows. Where there are more sources than tiles, the
space bar turns the page. Boxes are drawn into a copy. A source that has been silent for longer
than `active` says so: greyed in a montage, in the title of a window of its own. There are 32
windows at most; a montage shows 256 sources.

q, Escape or closing a window ends the stage: it raises window.closed and takes no more frames. The
rest of the graph goes on.

It needs a display (X, or Wayland with XWayland) and says so at the start if there is none. One
stage of this type can run in a process. For a machine without a screen there is display.web.)");
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.screen]
type = "display.window"
from = "camera"
)");
    d.input(kinds::pictures);
    d.mailbox({.when_full = WhenFull::latest});
    d.raises({"window.closed"});
    d.single_worker();
    using std::chrono::hours, std::chrono::milliseconds;
    d.param("montage", &Window::montage,
            "\"3x2\" (columns x rows) or \"auto\": all in one window; empty: a window each");
    d.param("tile_width", &Window::tile_width, "of a picture in the montage")
        .range(64, 1920)
        .unit("pixels");
    d.param("active", &Window::active, "a source counts as silent after this long without a frame")
        .range(milliseconds(100), hours(24));
    d.param("truth", &Window::truth, "draw what a synthetic scene knows of itself, too");
  }

  std::string montage;
  int tile_width = 480;
  Duration active = std::chrono::seconds(10);
  bool truth = false;

  void start(Context&) override {
    layout_.boxes.truth = truth;
    if (!montage.empty() && montage != "auto") parse_grid();
    screen_.emplace();
  }

  void on_gone(const std::string& source, Context&) override {
    if (const auto found = sources_.find(source); found != sources_.end())
      found->second.gone = true;
  }

  void run(LoopContext& context) override {
    while (!context.stopping() && !context.inputs_ended()) {
      // Windows want attention 20 times a second even if no picture comes.
      const auto frame = context.take(std::chrono::milliseconds(50));
      if (frame) take(frame, context);
      const auto now = context.clock().steady();
      if (montage.empty())
        retitle(now);
      else
        draw_all(now, frame != nullptr);
      const auto input = screen_->poll();
      if (input.key == ' ') ++layout_.page, changed_ = true;
      if (input.closed || input.key == 'q' || input.key == 27) {
        context.raise({.name = "window.closed", .source = {}});
        return;
      }
    }
  }

 private:
  struct Shown {
    SteadyTime arrived;
    cv::Mat picture;  // as its tile shows it
    cv::Size original;
    std::vector<Annotation> annotations;
    bool titled_silent = false;
    bool gone = false;  // nothing more comes of it, and it makes room for others
  };

  // "3x2": each from 1 to 16.
  void parse_grid() {
    const auto* end = montage.data() + montage.size();
    const auto columns = std::from_chars(montage.data(), end, layout_.columns);
    const char* rest = columns.ptr;
    if (columns.ec == std::errc() && rest != end && *rest == 'x') {
      const auto rows = std::from_chars(rest + 1, end, layout_.rows);
      const auto fits = [](int n) { return n >= 1 && n <= 16; };
      if (rows.ec == std::errc() && rows.ptr == end && fits(layout_.columns) && fits(layout_.rows))
        return;
    }
    throw std::invalid_argument(fmt::format(
        "montage = \"{}\" is not a grid: write columns x rows such as \"3x2\" (1 to 16 each), "
        "\"auto\", or nothing for a window each",
        montage));
  }

  void take(const FramePtr& frame, LoopContext& context) {
    const std::size_t most = montage.empty() ? kMostWindows : kMostSources;
    if (!sources_.contains(frame->source) && sources_.size() >= most && !forget_one())
      return context.drop(frame->source, "too_many_sources");
    auto& shown = sources_[frame->source];
    const Image& image = *frame->image();
    shown.arrived = context.clock().steady();
    shown.gone = false;
    if (montage.empty()) {
      cv::Mat picture = image.bgr();
      if (has_boxes(frame->annotations, layout_.boxes)) {
        if (image.format() == Kind::bgr8) picture = picture.clone();  // it was the frame's own
        draw_boxes(picture, frame->annotations, layout_.boxes);
      }
      screen_->show(frame->source, picture);
    } else {
      shown.original = {image.width(), image.height()};
      fit_cell();
      tile_bytes_ -= bytes_of(shown.picture);
      shown.picture = scaled_bgr(image, fitted(shown.original, layout_.cell));
      // Kept longer than the frame, whose memory it may still be.
      if (shown.picture.data == image.mat().data) shown.picture = shown.picture.clone();
      tile_bytes_ += bytes_of(shown.picture);
      shown.annotations = frame->annotations;
      hold(context);
    }
    context.done();
  }

  // A source that is gone; false: there is none.
  bool forget_one() {
    const auto found = std::find_if(sources_.begin(), sources_.end(),
                                    [](const auto& source) { return source.second.gone; });
    if (found == sources_.end()) return false;
    if (montage.empty()) screen_->close(found->first);
    tile_bytes_ -= bytes_of(found->second.picture);
    sources_.erase(found);
    return true;
  }

  static std::size_t bytes_of(const cv::Mat& picture) {
    return picture.total() * picture.elemSize();
  }

  // Tiles of sources that are gone are let go where the graph keeps too much.
  void hold(Context& context) {
    while (!context.hold(tile_bytes_ + bytes_of(canvas_)) && forget_one()) {
    }
  }

  // Tiles are as large as was asked for, or as fits a screen.
  void fit_cell() {
    std::vector<cv::Size> sizes;
    for (const auto& [name, shown] : sources_) sizes.push_back(shown.original);
    const Grid grid = grid_for(sources_.size(), layout_);
    layout_.cell = cell_for(std::max(32, std::min(tile_width, kMostWide / grid.columns)), sizes);
  }

  void retitle(SteadyTime now) {
    for (auto& [name, shown] : sources_) {
      const bool silent = now - shown.arrived > active;
      if (silent == shown.titled_silent) continue;
      shown.titled_silent = silent;
      screen_->set_title(name, silent ? name + " (silent)" : name);
    }
  }

  // Draws when a frame came, a page was turned, or a second of silence more is to be told.
  void draw_all(SteadyTime now, bool came) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (!came && !changed_ && second == drawn_) return;
    drawn_ = second;
    changed_ = false;
    std::vector<Tile> tiles;
    for (const auto& [name, shown] : sources_) {
      const Duration quiet = now - shown.arrived;
      tiles.push_back({name, shown.picture, shown.annotations,
                       quiet > active ? std::optional(quiet) : std::nullopt});
    }
    draw_montage(tiles, layout_, canvas_);
    screen_->show(kTitle, canvas_);
  }

  MontageLayout layout_;
  std::map<std::string, Shown> sources_;
  std::size_t tile_bytes_ = 0;  // of their pictures
  cv::Mat canvas_;
  bool changed_ = true;
  std::chrono::time_point<std::chrono::steady_clock, std::chrono::seconds> drawn_{};
  std::optional<Screen> screen_;
};
SLUICE_STAGE(Window, "display.window");

}  // namespace
}  // namespace sluice
