// log.events: every event as one line of JSON, for people, scripts and other programs.

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sluice/stage.hpp>
#include <system_error>

namespace sluice {
namespace {

// What standard output's reader doesn't take at once waits here, so that the graph needn't. An
// event has about 150 bytes.
constexpr std::size_t kMostWaiting = 1 << 20;

struct Events : Stage {
  static void declare(Declare<Events>& d) {
    d.summary("Writes events to a file or to standard output, a line of JSON each");
    d.manual(R"(Without `from` it takes the events of all stages. A line looks like this:

  {"time":"2026-01-31T12:00:00.000Z","event":"motion.began","source":"garage","stage":"motion"}

and then what the event tells besides, by name. Each line is written at once and whole. Where it
can't be written (the disk is full), the stage fails and its restart rules decide.

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
      fd_ = STDOUT_FILENO;
      return;
    }
    // O_NONBLOCK: a FIFO that nobody reads is an error here, not a wait.
    fd_ = open(file.c_str(),
               O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | (append ? O_APPEND : O_TRUNC), 0644);
    if (fd_ < 0) fail("cannot open");
    end_half_line();
  }

  void on_event(const Event& event, Context&) override {
    waiting_ += to_json(event);
    waiting_ += '\n';
    write_out(0);
    if (waiting_.size() > kMostWaiting)
      throw std::runtime_error(
          fmt::format("{} takes nothing: {} bytes of events are waiting; is its reader stopped?",
                      name(), waiting_.size()));
  }

  void on_tick(Context&) override { write_out(0); }
  void finish(Context&) override { write_out(1000); }

 private:
  std::string name() const { return file == "-" ? "standard output" : fmt::format("'{}'", file); }

  [[noreturn]] void fail(std::string_view what) const {
    const auto error = std::error_code(errno, std::generic_category());
    std::string_view hint;
    if (error == std::errc::no_such_file_or_directory) hint = "; make its folder first";
    if (error == std::errc::no_space_on_device) hint = "; the disk is full";
    throw std::runtime_error(fmt::format("{} {}: {}{}", what, name(), error.message(), hint));
  }

  void end_half_line() {
    struct stat status {};
    if (fstat(fd_, &status) != 0) fail("cannot look at");
    if (!S_ISREG(status.st_mode) || status.st_size == 0) return;
    const int reader = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (reader < 0) return;  // we may write it, but not read it
    char last = '\n';
    const auto n = pread(reader, &last, 1, status.st_size - 1);
    close(reader);
    if (n == 1 && last != '\n') waiting_.assign(1, '\n');
  }

  // What is waiting, as far as it is taken; waits for `limit_ms` at most until it is.
  void write_out(int limit_ms) {
    while (!waiting_.empty()) {
      pollfd p{fd_, POLLOUT, 0};
      const int ready = poll(&p, 1, limit_ms);
      if (ready == 0) return;
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) fail("cannot write to");
      if (p.revents & POLLERR) {  // a pipe without a reader; writing would raise SIGPIPE
        errno = EPIPE;
        fail("cannot write to");
      }
      // A pipe that is ready takes this much without waiting.
      const auto n = write(fd_, waiting_.data(), std::min<std::size_t>(waiting_.size(), 4096));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) fail("cannot write to");
      waiting_.erase(0, static_cast<std::size_t>(n));
    }
  }

  int fd_ = -1;
  std::string waiting_;
};
SLUICE_STAGE(Events, "log.events");

}  // namespace
}  // namespace sluice
