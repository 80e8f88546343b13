#include <fmt/format.h>
#include <spdlog/details/os.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sluice/graph/utf8.hpp>
#include <sluice/observe/console.hpp>
#include <sluice/observe/log.hpp>

namespace sluice {
namespace {

constexpr std::size_t kLongest = 500;  // bytes

// spdlog writes to a FILE. This one is the console, and takes a line at a time: it is flushed
// behind each, by the sink.
std::FILE* console() {
  static std::FILE* const file = [] {
    cookie_io_functions_t functions{};
    functions.write = [](void*, const char* text, std::size_t size) {
      write_console({text, size});
      return static_cast<ssize_t>(size);
    };
    return fopencookie(nullptr, "w", functions);
  }();
  return file;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    const bool coloured = isatty(STDERR_FILENO) != 0 && spdlog::details::os::is_color_terminal();
    auto log = std::make_shared<spdlog::logger>(
        "sluice",
        std::make_shared<spdlog::sinks::ansicolor_sink<spdlog::details::console_mutex>>(
            console(), coloured ? spdlog::color_mode::always : spdlog::color_mode::never));
    log->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
    log->flush_on(spdlog::level::info);
    return log;
  }();
  return *instance;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

std::string escaped(std::string_view text) {
  // No escape is shorter than what it stands for: what is cut off beforehand would not be seen.
  return utf8::shortened(utf8::escaped(text.substr(0, kLongest + 1)), kLongest);
}

LogGate::Verdict LogGate::ask(SteadyTime now) {
  tokens_ = std::min(burst_, tokens_ + seconds(now - last_) / seconds(every_));
  last_ = now;
  if (tokens_ < 1) {
    ++held_back_;
    return {};
  }
  tokens_ -= 1;
  return {true, std::exchange(held_back_, 0)};
}

void set_log_level(LogLevel level) { logger().set_level(spdlog_level(level)); }

void log_line(LogLevel level, std::string_view who, std::string_view text) {
  if (who.empty())
    logger().log(spdlog_level(level), "{}", escaped(text));
  else
    logger().log(spdlog_level(level), "{}: {}", escaped(who), escaped(text));
}

void StageLog::write(LogLevel level, std::string_view text) {
  LogGate::Verdict verdict;
  {
    const std::lock_guard lock(mutex_);
    verdict = gates_[static_cast<int>(level)].ask(std::chrono::steady_clock::now());
  }
  if (!verdict.write) return;
  if (verdict.held_back > 0)
    log_line(level, stage_, fmt::format("{} ({} more lines left out)", text, verdict.held_back));
  else
    log_line(level, stage_, text);
}

}  // namespace sluice
