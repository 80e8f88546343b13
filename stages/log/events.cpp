// log.events: every event as one line of JSON, for people, scripts and other programs.

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sluice/base/nonblocking.hpp>
#include <sluice/graph/utf8.hpp>
#include <sluice/stage.hpp>
#include <system_error>
#include <utility>

namespace sluice {
namespace {

// What the disk or the reader doesn't take at once waits here, so that the graph needn't. An event
// has about 150 bytes.
constexpr std::size_t kMostWaiting = 1 << 20;
// How long the graph's end waits for it.
constexpr Duration kLastWait = std::chrono::seconds(1);

struct Events : Stage {
  static void declare(Declare<Events>& d) {
    d.summary("Writes events to a file or to standard output, a line of JSON each");
    d.manual(R"(Without `from` it takes the events of all stages. A line looks like this:

  {"time":"2026-01-31T12:00:00.000Z","event":"motion.began","source":"garage","stage":"motion"}

and then what the event tells besides, by name. Each line is written at once and whole.

Where it can't be written (the disk is full, standard output is closed), the stage says so by
log.stopped (reason), and tries again each second. Up to 1 MiB of events are buffered meanwhile; more
are lost, and counted as events_lost: in the report, and by log.resumed, which is raised when all
that was buffered is written. At the graph's end it waits for a slow reader, for a second in all.

A new file can be read by its user and group only (mode 0640): events tell when nobody is at home.
If the last run left half a line, as after a power cut, it is ended before the first event. For a
file that is turned daily, use logrotate with copytruncate.)");
    d.example(R"(
[stage.camera]
type = "capture.synthetic"

[stage.end]
type = "sink.discard"
from = "camera"

[stage.events]
type = "log.events"
file = "-"
)");
    d.input(Kind::event);
    d.hears_all();
    d.raises({"log.stopped", "log.resumed"});
    d.single_worker();
    d.ticks(std::chrono::seconds(1));
    d.param("file", &Events::file, "where to; \"-\" is standard output");
    d.param("append", &Events::append,
            "false: what the file holds is removed, at each start of the stage");
  }

  std::string file = "-";
  bool append = true;

  ~Events() override {
    if (fd_ >= 0 && fd_ != STDOUT_FILENO) close(fd_);
  }

  void start(Context&) override {
    if (file == "-") {
      const int own = open_nonblocking(STDOUT_FILENO);
      fd_ = own >= 0 ? own : STDOUT_FILENO;
      return;
    }
    // O_NONBLOCK: a FIFO that nobody reads is an error here, not a wait.
    fd_ =
        open(file.c_str(),
             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | (append ? 0 : O_TRUNC), 0640);
    if (fd_ < 0) fail("cannot open");
    end_half_line();
  }

  void on_event(const Event& event, Context& context) override {
    const auto line = utf8::escaped_json(to_json(event)) + '\n';
    if (waiting_.size() + line.size() > kMostWaiting) {
      ++lost_;
      context.figure("events_lost", name(), static_cast<double>(++lost_in_all_));
    } else {
      waiting_ += line;
    }
    if (!stopped_) write_out(Duration::zero(), context);
  }

  void on_tick(Context& context) override { write_out(Duration::zero(), context); }

  void finish(Context& context) override {
    write_out(kLastWait, context);
    if (waiting_.empty()) return;
    lost_in_all_ += static_cast<std::uint64_t>(std::ranges::count(waiting_, '\n'));
    context.figure("events_lost", name(), static_cast<double>(lost_in_all_));
    context.log(LogLevel::error, fmt::format("{} could not be written; {} events were never logged",
                                             name(), lost_in_all_));
  }

 private:
  std::string name() const { return file == "-" ? "standard output" : fmt::format("'{}'", file); }

  [[noreturn]] void fail(std::string_view what) const {
    throw std::runtime_error(fmt::format("{} {}: {}", what, name(), why(errno)));
  }

  static std::string why(int number) {
    const auto error = std::error_code(number, std::generic_category());
    std::string_view hint;
    if (error == std::errc::no_such_file_or_directory) hint = "; make its folder first";
    if (error == std::errc::no_space_on_device) hint = "; make room on the disk";
    if (error == std::errc::broken_pipe) hint = "; its reader has closed it";
    return error.message() + std::string(hint);
  }

  void end_half_line() {
    struct stat status {};
    if (fstat(fd_, &status) != 0) fail("cannot look at");
    is_file_ = S_ISREG(status.st_mode);
    if (!is_file_ || status.st_size == 0) return;
    const int reader = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (reader < 0) return;  // we may write it, but not read it
    char last = '\n';
    const auto n = pread(reader, &last, 1, status.st_size - 1);
    close(reader);
    if (n == 1 && last != '\n') waiting_.assign(1, '\n');
  }

  // What is waiting, as far as it is taken; waits for `limit` in all until it is.
  void write_out(Duration limit, Context& context) {
    const Clock& clock = context.clock();
    const SteadyTime end = clock.steady() + limit;
    while (!waiting_.empty()) {
      const Duration left = std::max(Duration::zero(), end - clock.steady());
      if (limit > Duration::zero() && left == Duration::zero()) return;
      pollfd p{fd_, POLLOUT, 0};
      const int ready =
          poll(&p, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0) {
        if (waiting_.size() > kMostWaiting / 2) stopped("its reader is not reading", context);
        return;
      }
      if (ready < 0) return stopped(why(errno), context);
      if (p.revents & POLLERR) return stopped(why(EPIPE), context);  // a pipe without a reader
      const auto size = next_write();
      const auto n = write(fd_, waiting_.data(), size);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return stopped(why(n < 0 ? errno : EIO), context);
      const auto taken = static_cast<std::size_t>(n);
      const auto whole = is_file_ && taken < size ? whole_lines_of(taken) : taken;
      waiting_.erase(0, whole);
      if (whole == 0) return stopped(why(ENOSPC), context);
    }
    if (stopped_) resumed(context);
  }

  // How much to write at once: whole lines. A pipe that is ready takes 4096 bytes without waiting,
  // and all or none of them.
  std::size_t next_write() const {
    constexpr std::size_t kAtOnce = 4096;
    if (waiting_.size() <= kAtOnce) return waiting_.size();
    const auto end = waiting_.rfind('\n', kAtOnce - 1);
    if (end != std::string::npos) return end + 1;
    return is_file_ ? waiting_.find('\n') + 1 : kAtOnce;
  }

  // The file took so many bytes, and there is room for no more: the beginning of a line is taken
  // back. How many stay written.
  std::size_t whole_lines_of(std::size_t taken) const {
    const auto end = waiting_.rfind('\n', taken - 1);
    const auto whole = end == std::string::npos ? 0 : end + 1;
    struct stat status {};
    const auto half = static_cast<off_t>(taken - whole);
    if (fstat(fd_, &status) != 0 || status.st_size < half ||
        ftruncate(fd_, status.st_size - half) != 0)
      return taken;
    return whole;
  }

  void stopped(const std::string& reason, Context& context) {
    if (std::exchange(stopped_, true)) return;
    context.log(LogLevel::error,
                fmt::format("cannot write to {}: {}; buffering events, retrying every second",
                            name(), reason));
    context.raise({"log.stopped", {}, {{"file", file}, {"reason", reason}}});
  }

  void resumed(Context& context) {
    stopped_ = false;
    const auto lost = std::exchange(lost_, 0);
    context.log(LogLevel::info,
                fmt::format("writes to {} again; {} events were lost", name(), lost));
    context.raise(
        {"log.resumed", {}, {{"file", file}, {"events_lost", static_cast<std::int64_t>(lost)}}});
  }

  int fd_ = -1;
  bool is_file_ = false;
  std::string waiting_;  // whole lines, but for what no file has begun to take
  bool stopped_ = false;
  std::uint64_t lost_ = 0;  // since it stopped
  std::uint64_t lost_in_all_ = 0;
};
SLUICE_STAGE(Events, "log.events");

}  // namespace
}  // namespace sluice
