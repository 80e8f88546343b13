// external.process driven by a test, with real commands.
#pragma once

#include <algorithm>
#include <functional>
#include <sluice/testkit.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "process.hpp"

namespace test {

using Words = std::vector<std::string>;

inline sluice::FramePtr frame(std::uint64_t sequence, const std::string& source = "cam") {
  return sluice::testkit::make_frame(
      cv::Mat(4, 6, CV_8UC3, cv::Scalar::all(static_cast<double>(sequence % 256))), source,
      sequence, sluice::Clock::system().utc());
}

struct External : sluice::testkit::StageTest {
  explicit External(Words command, Parameters more = {})
      : StageTest("external.process", with(std::move(command), std::move(more)),
                  &sluice::Clock::system()) {}
  static Parameters with(Words command, Parameters more) {
    more.emplace_back("command", std::move(command));
    return more;
  }
  // Lets it look at that many frames, one after the other, until the last is settled.
  void look_at(std::uint64_t frames) {
    for (std::uint64_t i = 0; i < frames; ++i) queue(frame(i));
    end_inputs();
    run();
  }
};

inline Words answerer(const Words& ways) {
  Words command{SLUICE_ANSWERER};
  command.insert(command.end(), ways.begin(), ways.end());
  return command;
}

inline bool says(const std::vector<std::string>& log, const std::string& text) {
  return std::any_of(log.begin(), log.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

inline std::string what(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "nothing was thrown";
}

}  // namespace test
