// A folder of this process's own, for sockets that no other user of the machine shall reach.
#pragma once

#include <filesystem>

namespace sluice::external {

class PrivateFolder {
 public:
  // In $XDG_RUNTIME_DIR or /tmp, for this user only. Throws std::runtime_error that says what to
  // do.
  PrivateFolder();
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sluice::external
