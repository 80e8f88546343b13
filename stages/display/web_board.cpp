#include <algorithm>
#include <codec/jpeg_decoder.hpp>
#include <display/montage.hpp>
#include <display/web_board.hpp>
#include <tuple>

namespace sluice::display {

// Everything is guarded by the board's mutex.
struct Board::Channel {
  FramePtr frame;
  std::uint64_t frames = 0;  // how many came
  SteadyTime arrived{};
  PicturePtr picture;
  std::uint64_t finished = 0;
  int watchers = 0;
  bool removed = false;  // from the board
  bool gone = false;     // nothing more comes of it

  // Frames a second, counted over windows of at least a second.
  SteadyTime window_start{};
  std::uint64_t window_frames = 0;
  double fps = 0;

  void count(SteadyTime now) {
    if (frames == 0) window_start = now;
    const Duration length = now - window_start;
    if (length >= std::chrono::seconds(1)) {
      fps = static_cast<double>(frames - window_frames) / seconds(length);
      window_start = now;
      window_frames = frames;
    }
    ++frames;
    arrived = now;
  }
};

std::string unshowable(const Frame& frame) {
  if (!valid_source(frame.source)) return "the source's name can't be part of an address";
  if (!(kinds::pictures | Kind::jpeg).has(frame.kind()))
    return frame.source + ": " + std::string(to_string(frame.kind())) + " is not a picture";
  if (const auto* encoded = frame.encoded(); encoded && !codec::is_jpeg(encoded->bytes))
    return frame.source + ": this is not a JPEG";
  return {};
}

Board::Board(const Clock& clock, Duration active, std::size_t most_bytes)
    : clock_(clock),
      active_(active),
      most_bytes_(most_bytes),
      montage_(std::make_shared<Channel>()) {}
Board::~Board() = default;

bool Board::put(FramePtr frame) {
  // Let go after the mutex: the last reference may free megabytes.
  FramePtr old;
  std::vector<FramePtr> more;
  const std::lock_guard lock(mutex_);
  const ChannelPtr found = channel_of(frame->source);
  if (!found) return false;
  Channel& channel = *found;
  channel.count(clock_.steady());
  channel.gone = false;
  newest_ = found;
  bytes_ += frame->bytes();
  if (channel.frame) bytes_ -= channel.frame->bytes();
  old = std::exchange(channel.frame, std::move(frame));
  while (bytes_ > most_bytes_) {
    more.push_back(let_go_locked());
    if (!more.back()) break;  // the newest by itself is more
  }
  // One wake for any number of frames that come before the composer looks.
  const bool wake = channel.watchers > 0 || (montage_->watchers > 0 && !montage_dirty_);
  montage_dirty_ = true;
  if (wake) changed_.notify_one();
  return true;
}

Board::ChannelPtr Board::channel_of(const std::string& name) {
  const auto found = sources_.find(name);
  if (found != sources_.end()) return found->second;
  if (sources_.size() >= kMostSources && !make_room()) return nullptr;
  return sources_.emplace(name, std::make_shared<Channel>()).first->second;
}

Board::ChannelPtr Board::expect(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return channel_of(name);
}

bool Board::make_room() {
  const auto rank = [](const Channel& c) { return std::pair(!c.gone, c.arrived); };
  const auto first = std::min_element(
      sources_.begin(), sources_.end(),
      [&](const auto& a, const auto& b) { return rank(*a.second) < rank(*b.second); });
  auto& channel = *first->second;
  if (!channel.gone && clock_.steady() - channel.arrived <= active_) return false;
  if (channel.frame) bytes_ -= channel.frame->bytes();
  channel.removed = true;
  sources_.erase(first);
  return true;
}

void Board::gone(const std::string& source) {
  constexpr std::size_t kSmall = 1 << 20;  // bytes
  FramePtr old;
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(source);
  if (found == sources_.end()) return;
  auto& channel = *found->second;
  channel.gone = true;
  if (!channel.frame || channel.frame->bytes() <= kSmall) return;
  bytes_ -= channel.frame->bytes();
  old = std::move(channel.frame);
}

std::size_t Board::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

bool Board::let_go() {
  FramePtr old;
  const std::lock_guard lock(mutex_);
  old = let_go_locked();
  return old != nullptr;
}

FramePtr Board::let_go_locked() {
  const SteadyTime now = clock_.steady();
  const auto rank = [&](const Channel& c) {
    const bool silent = now - c.arrived > active_;
    return std::tuple(c.gone, silent, silent ? now - c.arrived : Duration(0), c.frame->bytes());
  };
  Channel* first = nullptr;
  for (const auto& [name, channel] : sources_)
    if (channel->frame && channel != newest_ && (!first || rank(*first) < rank(*channel)))
      first = channel.get();
  if (!first) return nullptr;
  // Live ones that are small beside the newest gain no room.
  if (!first->gone && now - first->arrived <= active_ && newest_->frame &&
      first->frame->bytes() < newest_->frame->bytes() / 8)
    return nullptr;
  bytes_ -= first->frame->bytes();
  return std::move(first->frame);
}

void Board::poke() {
  const std::lock_guard lock(mutex_);
  poked_ = true;
  changed_.notify_one();
}

void Board::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_one();
}

bool Board::is_stopped() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Board::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

std::pair<std::uint64_t, std::string> Board::take_faults() {
  const std::lock_guard lock(mutex_);
  return {std::exchange(faults_, 0), std::exchange(last_fault_, {})};
}

std::vector<Board::Source> Board::list() const {
  const std::lock_guard lock(mutex_);
  return list_locked();
}

std::vector<Board::Source> Board::list_locked() const {
  std::vector<Source> list;
  list.reserve(sources_.size());
  const SteadyTime now = clock_.steady();
  for (const auto& [name, channel] : sources_) {
    if (channel->frames == 0) continue;
    const Duration quiet = now - channel->arrived;
    const bool silent = quiet > active_;
    list.push_back(
        {name, channel->frame, channel->frames, quiet, silent ? 0.0 : channel->fps, silent});
  }
  return list;
}

Board::ChannelPtr Board::source(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(name);
  return found == sources_.end() ? nullptr : found->second;
}

Board::Watch::Watch(std::shared_ptr<Board> board, ChannelPtr channel)
    : board_(std::move(board)), channel_(std::move(channel)) {
  const std::lock_guard lock(board_->mutex_);
  ++channel_->watchers;
  ++board_->watchers_;
  if (channel_ == board_->montage_) board_->montage_dirty_ = true;
  board_->changed_.notify_one();
}

Board::Watch::~Watch() {
  PicturePtr old;
  const std::lock_guard lock(board_->mutex_);
  --board_->watchers_;
  if (--channel_->watchers > 0) return;
  // Nobody will bring it up to date, and it keeps memory.
  old = std::move(channel_->picture);
  channel_->finished = 0;
}

Board::Watch::View Board::Watch::look() const {
  const std::lock_guard lock(board_->mutex_);
  return {channel_->picture, channel_->frames, channel_->finished,
          channel_->removed || board_->closed_};
}

bool Board::has_jobs() const {
  return std::any_of(sources_.begin(), sources_.end(), [](const auto& s) {
    return s.second->watchers > 0 && s.second->frame && s.second->finished != s.second->frames;
  });
}

Board::Work Board::next(SteadyTime montage_from) {
  Work work;
  std::unique_lock lock(mutex_);
  const auto ready = [&] {
    return stopping_ || poked_ || (watchers_ > 0 && has_jobs()) ||
           (montage_->watchers > 0 && montage_dirty_ && clock_.steady() >= montage_from);
  };
  if (watchers_ == 0) {
    changed_.wait(lock, [&] { return ready() || watchers_ > 0; });
  }
  const Duration most = std::chrono::seconds(1);
  Duration limit = most;
  if (montage_->watchers > 0 && montage_dirty_)
    limit = std::clamp(montage_from - clock_.steady(), Duration(0), most);
  const bool called = changed_.wait_for(lock, limit, ready);
  work.stop = stopping_;
  const SteadyTime now = clock_.steady();
  work.beat = std::exchange(poked_, false) || (!called && limit == most) || now - beaten_ >= most;
  if (work.beat) beaten_ = now;
  for (const auto& [name, channel] : sources_)
    if (channel->watchers > 0 && channel->frame && channel->finished != channel->frames)
      work.jobs.push_back({channel, channel->frame, channel->frames});
  work.montage_watched = montage_->watchers > 0;
  if (work.montage_watched && (montage_dirty_ || work.beat) && clock_.steady() >= montage_from) {
    montage_dirty_ = false;
    work.montage = true;
    work.montage_needed = !montage_->picture;
    work.sources = list_locked();
  }
  return work;
}

void Board::deliver(const ChannelPtr& channel, std::uint64_t number, PicturePtr picture) {
  const std::lock_guard lock(mutex_);
  if (channel->watchers == 0) return;  // everyone left meanwhile
  channel->finished = number;
  channel->picture.swap(picture);
}

void Board::fault(const ChannelPtr& channel, std::uint64_t number, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (channel) channel->finished = number;
  ++faults_;
  last_fault_ = why;
}

}  // namespace sluice::display
