#include <algorithm>
#include <sluice/observe/flight_recorder.hpp>
#include <utility>

namespace sluice {

FlightRecorder::FlightRecorder(const Clock& clock, std::size_t keeps)
    : clock_(clock), keeps_(keeps) {
  ring_.reserve(keeps_);
}

void FlightRecorder::handed_on(const Frame& frame, SteadyTime start, SteadyTime end, Duration age) {
  const std::lock_guard lock(mutex_);
  keep({start, end - start, {}, age, frame.sequence, index_of(frame.source, Sort::source)});
}

void FlightRecorder::took(const Frame& frame, SteadyTime now, Duration wait, Duration age) {
  const std::lock_guard lock(mutex_);
  in_hand_.push_back({now, {}, wait, age, frame.sequence, index_of(frame.source, Sort::source)});
}

void FlightRecorder::done(std::size_t frames, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  for (; frames > 0 && !in_hand_.empty(); --frames)
    settle(in_hand_.begin(), Slice::Fate::done, now);
}

void FlightRecorder::dropped(const std::string& source, std::string_view cause) {
  const std::lock_guard lock(mutex_);
  const auto slice = longest_in_hand(source);
  if (slice == in_hand_.end()) return;
  slice->cause = index_of(cause, Sort::cause);
  settle(slice, Slice::Fate::dropped, clock_.steady());
}

void FlightRecorder::failed(const std::string& source) {
  const std::lock_guard lock(mutex_);
  const auto slice = longest_in_hand(source);
  if (slice != in_hand_.end()) settle(slice, Slice::Fate::failed, clock_.steady());
}

void FlightRecorder::all_failed() {
  const std::lock_guard lock(mutex_);
  while (!in_hand_.empty()) settle(in_hand_.begin(), Slice::Fate::failed, clock_.steady());
}

void FlightRecorder::refused(const Frame& frame, std::string_view cause) {
  const Duration age = clock_.utc() - frame.captured;
  const std::lock_guard lock(mutex_);
  keep({clock_.steady(),
        {},
        {},
        age,
        frame.sequence,
        index_of(frame.source, Sort::source),
        index_of(cause, Sort::cause),
        Slice::Fate::refused});
}

FlightRecorder::Taken FlightRecorder::take() {
  const std::lock_guard lock(mutex_);
  std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(oldest_), ring_.end());
  Taken taken{std::exchange(ring_, {}), {}, std::exchange(left_out_, 0)};
  oldest_ = 0;
  taken.names.resize(names_.size());
  for (const auto& [name, index] : names_) taken.names[index] = name;
  return taken;
}

std::uint16_t FlightRecorder::index_of(std::string_view name, Sort sort) {
  if (const auto it = names_.find(name); it != names_.end()) return it->second;
  // Sources' names come from the network: past this many, the rest share one. Causes are few.
  constexpr std::size_t kMost = 1024;
  if (sort == Sort::source && names_.size() >= kMost) name = "(others)";
  return names_.try_emplace(std::string(name), static_cast<std::uint16_t>(names_.size()))
      .first->second;
}

void FlightRecorder::settle(std::vector<Slice>::iterator slice, Slice::Fate fate, SteadyTime now) {
  slice->fate = fate;
  slice->length = now - slice->start;
  keep(*slice);
  in_hand_.erase(slice);
}

std::vector<Slice>::iterator FlightRecorder::longest_in_hand(const std::string& source) {
  if (in_hand_.empty()) return in_hand_.end();
  const auto it = std::find_if(
      in_hand_.begin(), in_hand_.end(),
      [&, of = index_of(source, Sort::source)](const Slice& slice) { return slice.source == of; });
  return it != in_hand_.end() ? it : in_hand_.begin();  // a stage may not know whose it was
}

void FlightRecorder::keep(const Slice& slice) {
  if (ring_.size() < keeps_) {
    ring_.push_back(slice);
    return;
  }
  ring_[oldest_] = slice;
  if (++oldest_ == keeps_) oldest_ = 0;
  ++left_out_;
}

}  // namespace sluice
