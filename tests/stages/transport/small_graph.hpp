// A graph behind a Door that has as much room as the test says, and remembers what it was told. No
// sockets and no threads.
#pragma once

#include <map>
#include <sluice/stage.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sluice::testkit {

struct SmallGraph final : LoopContext, Clock {
  // Frames that it takes before it is full; one more is parked, as in a graph.
  std::size_t room = SIZE_MAX;
  bool memory_left = true;

  std::vector<FramePtr> frames;
  std::vector<Event> events;
  std::vector<std::pair<std::string, std::size_t>> gone_at;  // and how many frames came before it
  std::map<std::string, std::uint64_t> dropped;
  std::vector<std::string> lines;
  std::uint64_t failed = 0;
  std::size_t held = 0;
  Duration passed{};

  UtcTime utc() const override { return UtcTime(std::chrono::hours(24 * 365 * 56)) + passed; }
  SteadyTime steady() const override { return SteadyTime(std::chrono::hours(1)) + passed; }

  bool try_emit(FramePtr& frame, std::string_view) override {
    if (parked_) {
      if (room == 0) return false;
      --room;
      parked_ = false;
    }
    if (!frame) return true;
    frames.push_back(std::exchange(frame, nullptr));
    if (room == 0)
      parked_ = true;
    else if (room != SIZE_MAX)
      --room;
    return true;
  }
  void emit(FramePtr frame, std::string_view) override { frames.push_back(std::move(frame)); }
  void offer(FramePtr frame, std::string_view) override { frames.push_back(std::move(frame)); }
  bool linked(std::string_view) const override { return true; }
  void raise(Event event) override { events.push_back(std::move(event)); }
  void figure(std::string_view, const std::string&, double) override {}
  void drop(const std::string&, std::string_view cause) override { ++dropped[std::string(cause)]; }
  void fail(const std::string&, std::string_view why) override {
    ++failed;
    lines.emplace_back(why);
  }
  void gone(const std::string& source) override { gone_at.emplace_back(source, frames.size()); }
  bool hold(std::size_t bytes) override {
    held = bytes;
    return memory_left;
  }
  std::string_view input() const override { return {}; }
  const Clock& clock() const override { return *this; }
  const std::string& stage_name() const override { return name_; }
  void log(LogLevel, std::string_view text) override { lines.emplace_back(text); }
  bool stopping() const override { return false; }
  bool wait(Duration) override { return false; }
  FramePtr take(Duration) override { return nullptr; }
  void done(std::size_t) override {}
  bool inputs_ended() const override { return false; }
  int wake_fd() const override { return -1; }

 private:
  const std::string name_ = "cameras";
  bool parked_ = false;
};

}  // namespace sluice::testkit
