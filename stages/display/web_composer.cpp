#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <codec/jpeg_decoder.hpp>
#include <display/web_composer.hpp>

namespace sluice::display {
namespace {

constexpr int kMontageWidth = 1280, kMostMontage = 4096, kLeastTile = 160;

// One thread makes everybody's pictures: what takes long is not shown. A damaged or cut off JPEG
// is, as far as it goes.
codec::JpegDecoder decoder_of(const Encoded& jpeg) { return {jpeg.bytes, {.max_scans = 20}, true}; }

cv::Size size_of(const Frame& frame) {
  if (const auto* image = frame.image()) return {image->width(), image->height()};
  return decoder_of(*frame.encoded()).size();
}

}  // namespace

MontageLayout web_layout(const std::vector<cv::Size>& pictures, std::size_t sources,
                         const ComposerSettings& settings) {
  MontageLayout layout;
  layout.columns = settings.columns;
  layout.boxes = settings.boxes;
  const Grid grid = grid_for(sources, layout);
  int width = settings.tile_width;
  if (width == 0) {
    int widest = 0;
    for (const auto& size : pictures) widest = std::max(widest, size.width);
    width = std::max(kMontageWidth / grid.columns, kLeastTile);
    if (widest > 0) width = std::clamp(widest, std::min(width, 320), width);
  }
  width = std::min(width, kMostMontage / grid.columns);
  layout.cell = cell_for(width, pictures);
  while (layout.cell.height * grid.rows > kMostMontage && width > 16) {
    width = width * 9 / 10;
    layout.cell = cell_for(width, pictures);
  }
  return layout;
}

Composer::Composer(Board& board, const Clock& clock, ComposerSettings settings,
                   std::function<void(bool)> ready)
    : board_(board), clock_(clock), settings_(settings), ready_(std::move(ready)) {
  thread_ = std::thread([this] {
    // Whoever looks waits rather than a frame. Of this thread only; where it can't be, it isn't.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 10);
    try {
      run();
    } catch (...) {  // the graph's thread throws it on, in check()
      const std::lock_guard lock(failure_mutex_);
      failure_ = std::current_exception();
    }
  });
}

Composer::~Composer() {
  board_.stop();
  thread_.join();
}

void Composer::check() const {
  const std::lock_guard lock(failure_mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void Composer::run() {
  for (;;) {
    const Board::Work work = board_.next(next_montage_);
    if (work.stop) return;
    for (const auto& job : work.jobs)
      if (!board_.is_stopped()) make(job);
    if (work.montage) compose(work.sources, work.montage_needed);
    if (!work.montage_watched) smalls_.clear();
    ready_(work.beat);
  }
}

// What a viewer of this source alone is sent: a JPEG as it came, an image encoded. Boxes are drawn
// only where encoding is needed anyway, into a copy.
Encoded Composer::jpeg_of(const Frame& frame) {
  if (const auto* encoded = frame.encoded()) return *encoded;
  const Image& image = *frame.image();
  if (!has_boxes(frame.annotations, settings_.boxes)) return compressed(image);
  cv::Mat pixels = image.bgr();
  if (image.format() == Kind::bgr8) pixels = pixels.clone();  // bgr() gave the frame's own
  draw_boxes(pixels, frame.annotations, settings_.boxes);
  return compressed(Image(Kind::bgr8, pixels));
}

Encoded Composer::compressed(const Image& image) {
  return compressor_.encode(image, {.quality = settings_.quality});
}

void Composer::make(const Board::Job& job) {
  try {
    auto picture = std::make_shared<Picture>(
        Picture{jpeg_of(*job.frame), job.number, job.frame->sequence, job.frame->captured});
    board_.deliver(job.channel, job.number, std::move(picture));
  } catch (const std::exception& e) {  // of this picture: the next one may be good
    board_.fault(job.channel, job.number, job.frame->source + ": " + e.what());
  }
}

void Composer::compose(const std::vector<Board::Source>& sources, bool needed) {
  Signature signature;
  for (const auto& s : sources)
    signature.emplace_back(
        s.name, s.number,
        s.silent ? std::chrono::floor<std::chrono::seconds>(s.quiet).count() : -1);
  if (!needed && signature == shown_) return;

  next_montage_ = clock_.steady() + Duration(static_cast<std::int64_t>(1e9 / settings_.rate));
  const MontageLayout layout = web_layout(sizes_of(sources), sources.size(), settings_);
  const bool all = update_smalls(sources, layout.cell);
  if (board_.is_stopped()) return;
  std::vector<Tile> tiles;
  for (const auto& s : sources)
    tiles.push_back({s.name, smalls_[s.name].picture,
                     s.frame ? s.frame->annotations : std::vector<Annotation>{},
                     s.silent ? std::optional(s.quiet) : std::nullopt});
  draw_montage(tiles, layout, canvas_);
  const std::uint64_t number = ++montages_;
  auto picture = std::make_shared<Picture>(
      Picture{compressed(Image(Kind::bgr8, canvas_)), number, 0, clock_.utc()});
  board_.deliver(board_.montage(), number, std::move(picture));
  shown_ = all ? std::move(signature) : Signature{};
}

// In turn, and for a while only: where many or large pictures come, viewers see some tiles a moment
// later, but the others go on. False: some are not up to date.
bool Composer::update_smalls(const std::vector<Board::Source>& sources, cv::Size cell) {
  constexpr Duration kAtMost = std::chrono::milliseconds(300);
  const SteadyTime until = clock_.steady() + kAtMost;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::size_t at = (first_small_ + i) % sources.size();
    if (board_.is_stopped() || clock_.steady() > until) {
      first_small_ = at;
      return false;
    }
    update_small(sources[at], cell);
  }
  return true;
}

std::vector<cv::Size> Composer::sizes_of(const std::vector<Board::Source>& sources) {
  std::vector<cv::Size> sizes;
  std::map<std::string, Small> kept;  // without those that are gone
  for (const auto& s : sources) {
    Small& entry = kept[s.name] = std::move(smalls_[s.name]);
    if (entry.number != s.number && s.frame) {
      try {
        entry.original = size_of(*s.frame);
      } catch (const std::exception&) {  // small() meets it again and reports it
        entry.original = {};
      }
    }
    sizes.push_back(entry.original);
  }
  smalls_.swap(kept);
  return sizes;
}

void Composer::update_small(const Board::Source& source, cv::Size cell) {
  Small& entry = smalls_[source.name];
  // Where the frame was let go, what is left of it is shown.
  if (!source.frame || (entry.number == source.number && entry.cell == cell)) return;
  entry.number = source.number;
  entry.cell = cell;
  entry.picture = cv::Mat();
  try {
    if (const auto* image = source.frame->image()) {
      entry.picture = scaled_bgr(*image, fitted(entry.original, cell));
      // Kept longer than the frame, whose memory it may still be.
      if (entry.picture.data == image->mat().data) entry.picture = entry.picture.clone();
    } else {
      // What isn't shown isn't computed.
      auto decoder = decoder_of(*source.frame->encoded());
      const cv::Size size = fitted(decoder.size(), cell);
      entry.picture = scaled_bgr(decoder.decode(Kind::bgr8, decoder.eighths_for(size), true), size);
    }
  } catch (const std::exception& e) {  // its tile says "no picture"; the others go on
    board_.fault(nullptr, 0, source.name + ": " + e.what());
  }
}

}  // namespace sluice::display
