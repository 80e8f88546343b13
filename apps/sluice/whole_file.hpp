// Files that the command writes: whole, or not at all.
#pragma once

#include <ext/stdio_filebuf.h>
#include <filesystem>
#include <ostream>
#include <string>

namespace sluice::app {

// A file that takes the place of an older one at once, so that nobody ever reads half of it, nor a
// mix of what two wrote. Opened when made, so that a place that can't be written to is known before
// the work begins. A link stays, and what it names is written; another user's link is refused. What
// is no ordinary file (/dev/stdout, a pipe) is written to as it is. Throws std::runtime_error.
class WholeFile {
 public:
  explicit WholeFile(std::string path);
  // What was not put in place is removed.
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  std::ostream& stream() { return stream_; }
  void put_in_place();
  void put_in_place(const std::string& text);

 private:
  [[noreturn]] void cannot_write(const std::string& why) const;
  std::filesystem::path link_followed() const;
  int open_as_it_is();
  int open_beside();

  const std::string path_;         // as the user names it
  std::filesystem::path target_;   // what is replaced
  std::filesystem::path partial_;  // empty: written to as it is
  __gnu_cxx::stdio_filebuf<char> buffer_;
  std::ostream stream_;
};

// Writes to a WholeFile of that name, or to standard output where it is empty. Throws
// std::runtime_error.
void write_whole(const std::string& file, const std::string& text);

}  // namespace sluice::app
