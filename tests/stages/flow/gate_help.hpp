// Frames and events for a gate, and what must hold of what it did with them.
#pragma once

#include <sluice/testkit.hpp>

#include "catch.hpp"

namespace gate_help {

using sluice::Duration;
using sluice::FramePtr;
using sluice::UtcTime;
using sluice::testkit::FakeClock;
using sluice::testkit::StageTest;
using namespace std::chrono_literals;

using Parameters = StageTest::Parameters;
using Numbers = std::vector<std::uint64_t>;

// Frame n of a camera that takes one a second, a byte of pixels each.
inline FramePtr at(std::uint64_t n, const std::string& source = "cam") {
  return sluice::testkit::make_frame(cv::Mat(1, 1, CV_8UC1, cv::Scalar(0)), source, n,
                                     FakeClock().utc() + static_cast<std::int64_t>(n) * 1s);
}

inline sluice::Event began(const std::string& source = "cam") { return {"motion.began", source}; }
inline sluice::Event ended(const std::string& source = "cam") { return {"motion.ended", source}; }

inline void queue(StageTest& test, std::uint64_t from, std::uint64_t to,
                  const std::string& source = "cam") {
  for (auto n = from; n <= to; ++n) test.queue(at(n, source));
}

inline void run(StageTest& test) {
  test.end_inputs();
  test.run();
}

inline Numbers numbers(const StageTest& test, const std::string& source = "cam") {
  Numbers list;
  for (const auto& frame : test.frames())
    if (frame->source == source) list.push_back(frame->sequence);
  return list;
}

inline Numbers range(std::uint64_t from, std::uint64_t to) {
  Numbers list;
  for (auto n = from; n <= to; ++n) list.push_back(n);
  return list;
}

// Every frame that came has gone on, or is counted as kept back.
inline void check_books(const StageTest& test, std::uint64_t in) {
  const auto counts = test.counts();
  CHECK(counts.in == in);
  CHECK(counts.out == test.frames().size());
  CHECK(counts.failed == 0);
  const auto kept = counts.dropped.find("gate_closed");
  CHECK(counts.out + (kept == counts.dropped.end() ? 0 : kept->second) == in);
}

inline Parameters rolls(const std::string& pre, const std::string& post, Parameters more = {}) {
  more.emplace_back("pre_roll", pre);
  more.emplace_back("post_roll", post);
  return more;
}

}  // namespace gate_help
