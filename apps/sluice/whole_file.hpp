// Files that the command writes: whole, or not at all.
#pragma once

#include <fstream>
#include <string>

namespace sluice::app {

// A file that takes the place of an older one at once, so that nobody ever reads half of it. Opened
// when made, so that a place that can't be written to is known before the work begins. What
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
  [[noreturn]] void cannot_write(int why) const;

  const std::string path_;
  const std::string partial_;  // path_ itself where that is no ordinary file
  std::ofstream stream_;
};

// Writes to a WholeFile of that name, or to standard output where it is empty. Throws
// std::runtime_error.
void write_whole(const std::string& file, const std::string& text);

}  // namespace sluice::app
