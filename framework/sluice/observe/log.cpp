#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sluice/observe/log.hpp>

namespace sluice {
namespace {

constexpr std::size_t kLongest = 500;

spdlog::logger& logger() {
  static const auto instance = [] {
    auto log = spdlog::stderr_color_mt("sluice");
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

// The length of the UTF-8 sequence that starts here, 0 if it is none. Overlong forms and surrogates
// pass: they are odd, but no terminal is harmed by them.
std::size_t utf8_length(std::string_view s) {
  const auto first = static_cast<unsigned char>(s[0]);
  const std::size_t n = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  if (n == 0 || s.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((static_cast<unsigned char>(s[i]) & 0xC0) != 0x80) return 0;
  return n;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= kLongest) return out + "...";
    const auto c = static_cast<unsigned char>(text[0]);
    const std::size_t n = utf8_length(text);
    // C1 control characters (U+0080 to U+009F) steer terminals too.
    const bool c1 = n == 2 && c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (n == 0 || c < 0x20 || c == 0x7F || c1) {
      const std::size_t bytes = c1 ? 2 : 1;
      for (std::size_t i = 0; i < bytes; ++i)
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
      text.remove_prefix(bytes);
    } else {
      out += text.substr(0, n);
      text.remove_prefix(n);
    }
  }
  return out;
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
