// The log: one line an entry on standard error. Text may hold what a peer sent, and a stage may
// have something to say about every frame; so lines are escaped and rate-limited here, for all.
#pragma once

#include <mutex>
#include <sluice/stage.hpp>
#include <string>
#include <string_view>

namespace sluice {

// As utf8::escaped(), cut at 500 bytes.
std::string escaped(std::string_view text);

// One writer's lines at one level, at most `burst` at once and then one every `every`; the next
// line after a silence says how many were left out.
class LogGate {
 public:
  explicit LogGate(double burst = 10, Duration every = std::chrono::seconds(1))
      : burst_(burst), every_(every), tokens_(burst) {}

  // Whether to write now, and how many were held back before this one.
  struct Verdict {
    bool write = false;
    std::uint64_t held_back = 0;
  };
  Verdict ask(SteadyTime now);

 private:
  const double burst_;
  const Duration every_;
  double tokens_;
  SteadyTime last_{};
  std::uint64_t held_back_ = 0;
};

// Sets the least level shown; `info` at first.
void set_log_level(LogLevel level);

// Writes a line at once: "12:00:00.123 warning  stage: text". Waits for nobody: see console.hpp.
// Thread-safe.
void log_line(LogLevel level, std::string_view who, std::string_view text);

// A stage's log. Thread-safe.
class StageLog {
 public:
  explicit StageLog(std::string stage) : stage_(std::move(stage)) {}
  void write(LogLevel level, std::string_view text);

 private:
  const std::string stage_;
  std::mutex mutex_;
  LogGate gates_[4];
};

}  // namespace sluice
