// A real process of the real binary, and what it printed.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

// A folder of the test's own, gone with it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path() const { return path_; }
  // Writes a file there and returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

class Process {
 public:
  // `command`: a path and its arguments. Runs in the repository's folder, its output going to
  // files.
  explicit Process(std::vector<std::string> command);
  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The exit status; 128 + the signal that ended it; -1 if it still runs after `limit`.
  int wait(std::chrono::seconds limit = std::chrono::seconds(60));
  void signal(int number);
  int pid() const { return pid_; }

  std::string out() const;
  std::string err() const;
  // Waits until standard output or error holds this text; false after a minute or when it has
  // ended.
  bool says(const std::string& text);

 private:
  Folder folder_;
  int pid_ = -1;
  bool over_ = false;
  int status_ = 0;
};

// The binary that is tested: this build's, or that of $SLUICE_BINARY, to see what an older one
// does.
std::string binary();
// It, with these arguments.
std::vector<std::string> sluice(std::vector<std::string> arguments);

nlohmann::json read_json(const std::filesystem::path& file);
std::string read_text(const std::filesystem::path& file);

// An address of loopback, "127.0.0.1:12345", that nobody listens on, and that no other call gives.
std::string free_address();

}  // namespace test
