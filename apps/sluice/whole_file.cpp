#include "whole_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sluice::app {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as the kernel's

std::string text_of(int error) { return std::generic_category().message(error); }

// Nobody can have put something there before.
std::string name_nobody_guesses() {
  std::random_device random;
  return fmt::format(".sluice-{:08x}{:08x}.part", random(), random());
}

// Whether it leads to one of this process's own descriptors, as /dev/stdout does: behind it may be
// a file that others write to as well, which is added to and not replaced.
bool is_descriptor(fs::path path) {
  std::error_code none;
  for (int i = 0; i < kMostLinks; ++i) {
    const auto folder = fs::canonical(path.parent_path(), none);
    if (none) return false;
    if (folder.filename() == "fd" && folder.string().starts_with("/proc/")) return true;
    const auto leads_to = fs::read_symlink(path, none);
    if (none) return false;
    path = folder / leads_to;
  }
  return false;
}

}  // namespace

WholeFile::WholeFile(std::string path) : path_(std::move(path)), stream_(nullptr) {
  std::error_code unknown;  // then opening it fails, and says why
  const auto type = fs::status(path_, unknown).type();
  const bool as_it_is = is_descriptor(path_) || (type != fs::file_type::not_found &&
                                                 type != fs::file_type::regular && !unknown);
  const int fd = as_it_is ? open_as_it_is() : open_beside();
  buffer_ = __gnu_cxx::stdio_filebuf<char>(fd, std::ios::out);
  stream_.rdbuf(&buffer_);
}

WholeFile::~WholeFile() {
  if (!partial_.empty()) unlink(partial_.c_str());
}

int WholeFile::open_as_it_is() {
  link_followed();  // refuses another user's
  const int fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) cannot_write(text_of(errno));
  return fd;
}

// Not by the file's own name, which may be as long as a name can be.
int WholeFile::open_beside() {
  target_ = link_followed();
  auto partial = target_.parent_path() / name_nobody_guesses();
  const int fd = open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) cannot_write(text_of(errno) + (errno == ENOENT ? "; is there such a folder?" : ""));
  partial_ = std::move(partial);
  return fd;
}

// Where the links lead. In a folder that others write, a link may be another user's, who would have
// this one overwrite something of his own choice. What is looked at is what is read: the link that
// was opened, whatever takes its name meanwhile.
fs::path WholeFile::link_followed() const {
  fs::path path = path_;
  for (int i = 0; i < kMostLinks; ++i) {
    const int fd = open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return path;  // nothing is there yet
    struct stat status {};
    char leads_to[PATH_MAX];
    const bool is_link = fstat(fd, &status) == 0 && S_ISLNK(status.st_mode);
    const auto size = is_link ? readlinkat(fd, "", leads_to, sizeof leads_to) : -1;
    close(fd);
    if (size < 0) return path;
    if (status.st_uid != 0 && status.st_uid != geteuid())
      cannot_write(
          fmt::format("it is a link of user {}, who could have it lead anywhere; remove "
                      "the link, or name the file that is meant",
                      status.st_uid));
    path = path.parent_path() / std::string(leads_to, static_cast<std::size_t>(size));
  }
  cannot_write(text_of(ELOOP));
}

void WholeFile::put_in_place() {
  errno = 0;  // of what failed before, closing says why: it tries again
  if (!buffer_.close() || !stream_) cannot_write(text_of(errno == 0 ? EIO : errno));
  if (partial_.empty()) return;
  if (std::rename(partial_.c_str(), target_.c_str()) != 0) cannot_write(text_of(errno));
  partial_.clear();
}

void WholeFile::put_in_place(const std::string& text) {
  stream_ << text;
  put_in_place();
}

void WholeFile::cannot_write(const std::string& why) const {
  throw std::runtime_error(fmt::format("cannot write {}: {}", path_, why));
}

void write_whole(const std::string& file, const std::string& text) {
  if (!file.empty())
    WholeFile(file).put_in_place(text);
  else if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size() ||
           std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
}

}  // namespace sluice::app
