// What an old sender sends again and again. Many read a camera by asking for its newest picture,
// new or not, and send as fast as they are answered: one picture comes a hundred times. This says
// which frames are such repeats, and how long the answer to one may wait, so that the sender falls
// to about its camera's rate.
#pragma once

#include <chrono>
#include <sluice/media/frame.hpp>
#include <string>
#include <unordered_map>

namespace sluice {

// Of one sender, which numbers nothing. Keeps the newest picture of each of its sources.
class Repeats {
 public:
  // No answer waits for longer: old programs give up on a hub after a second or more.
  static constexpr Duration kMostWait = std::chrono::milliseconds(100);
  // Past this many all are forgotten. A hub tells of each that is gone, but of those that another
  // sender has taken over it tells that one.
  static constexpr std::size_t kMostSources = 256;

  // Whether it is its source's newest picture once more, byte by byte.
  bool repeats(const Frame& frame) const;
  // A new picture was taken; it is kept.
  void took(const FramePtr& frame, SteadyTime now);
  // Until when the answer to a repeat waits: about when the source's next picture is due, then
  // ever more rarely.
  SteadyTime answer_at(const std::string& source, SteadyTime now) const;
  // Nothing more comes of this source.
  void forget(const std::string& source);
  // Its newest picture got lost, so it isn't there to be repeated.
  void lost(const FramePtr& frame);
  void forget_pictures();

  std::size_t sources() const { return sources_.size(); }
  std::size_t bytes() const { return bytes_; }  // of the pictures kept

 private:
  struct Source {
    FramePtr newest;
    SteadyTime since{};                            // it is the newest
    Duration gap = std::chrono::milliseconds(33);  // between pictures, usually
  };
  void keep(Source& source, FramePtr newest);

  std::unordered_map<std::string, Source> sources_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice
