#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <sluice/base/nonblocking.hpp>
#include <sluice/observe/console.hpp>
#include <string>

namespace sluice {
namespace {

class Console {
 public:
  // Never destroyed: threads may log while the process ends.
  static Console& instance() {
    static auto* const console = new Console;
    return *console;
  }

  void write(std::string_view lines, Duration limit) {
    const std::lock_guard lock(mutex_);
    open();
    const auto deadline = Clock::system().steady() + limit;
    std::string all;
    if (cut_off_) all += '\n';
    if (left_out_ > 0)
      all += fmt::format("{} lines were left out here, as nobody read them\n", left_out_);
    const std::size_t before = all.size();
    all += lines;
    std::size_t taken = put(all, deadline);
    if (taken > 0) cut_off_ = all[taken - 1] != '\n';
    if (taken < all.size() && all[taken] == '\n') ++taken;  // the line is there, but for its end
    if (taken >= before) left_out_ = 0;
    const auto rest = std::string_view(all).substr(std::max(taken, before));
    left_out_ += static_cast<std::size_t>(std::count(rest.begin(), rest.end(), '\n'));
  }

 private:
  // What standard error is now.
  void open() {
    struct stat now {};
    if (fstat(STDERR_FILENO, &now) != 0) return close();
    if (known_ && now.st_dev == device_ && now.st_ino == file_) return;
    close();
    device_ = now.st_dev;
    file_ = now.st_ino;
    known_ = true;
    is_socket_ = S_ISSOCK(now.st_mode);
    own_ = open_nonblocking(STDERR_FILENO);
  }

  void close() {
    if (own_ >= 0) ::close(own_);
    own_ = -1;
    known_ = false;
  }

  // How many bytes were taken.
  std::size_t put(std::string_view text, SteadyTime deadline) {
    std::size_t done = 0;
    while (done < text.size() && has_room(deadline)) {
      const auto n = put_some(text.substr(done));
      if (n > 0)
        done += static_cast<std::size_t>(n);
      else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        break;
      else if (errno == EAGAIN && Clock::system().steady() >= deadline)
        break;
    }
    return done;
  }

  ssize_t put_some(std::string_view text) {
    if (own_ >= 0) return ::write(own_, text.data(), text.size());
    if (is_socket_)
      return send(STDERR_FILENO, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return ::write(STDERR_FILENO, text.data(), text.size());
  }

  bool has_room(SteadyTime deadline) {
    const auto left = std::max(Duration(0), deadline - Clock::system().steady());
    pollfd p{own_ >= 0 ? own_ : STDERR_FILENO, POLLOUT, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    return poll(&p, 1, static_cast<int>(ms)) != 0;  // what else is wrong with it, writing finds
  }

  std::mutex mutex_;
  bool known_ = false;
  dev_t device_{};  // of standard error, when it was opened
  ino_t file_{};
  int own_ = -1;
  bool is_socket_ = false;
  bool cut_off_ = false;      // the last line that was written has no end
  std::size_t left_out_ = 0;  // lines
};

}  // namespace

void write_console(std::string_view lines, Duration limit) {
  Console::instance().write(lines, limit);
}

}  // namespace sluice
