// The devices that a hub lets in: a folder with one public key file for each, DEVICE.key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sluice/media/time.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// Looked at again whenever it is asked, but at most twice a second, so that a key put there or
// taken away counts without a restart. Safe to use from any thread; a call may read files.
class AllowedKeys {
 public:
  // Throws std::runtime_error, saying what to do, where the folder can't be read or others could
  // change it; where that turns out later, nobody is let in. `clock` must outlive this.
  AllowedKeys(std::filesystem::path folder, const Clock& clock);

  std::optional<std::string> device_of(std::string_view key);

  // A peer that is connected already may have been taken off the folder since.
  bool allows(const std::string& device);

  // Whether the name is a device's, whose key may be no good.
  bool named(const std::string& device);

  // What is wrong with the folder, each told once for every change of it.
  std::vector<std::string> take_problems();

 private:
  // Tells one state of a file from the next, even where two fall into one tick of the clock of
  // the file system and are equally long. Only the times and the size are compared, never read.
  struct Mark {
    std::uint64_t device, inode, size;
    std::int64_t modified_ns, changed_ns;
    bool operator==(const Mark&) const = default;
  };
  using Marks = std::map<std::string, Mark>;  // by file name

  struct Devices {
    std::map<std::string, std::string, std::less<>> by_key;
    std::set<std::string> allowed;
    std::set<std::string> named;  // those too whose key file is no good: their names stay theirs
    std::vector<std::string> problems;
  };

  static Marks look(const std::filesystem::path& folder);
  static Devices read(const std::filesystem::path& folder, const Marks& marks);
  void refresh();  // with the mutex held
  void adopt(std::optional<Marks> marks, Devices devices);

  const std::filesystem::path folder_;
  const Clock& clock_;

  std::mutex mutex_;
  SteadyTime looked_;           // last
  SteadyTime changed_;          // when a change was last seen
  std::optional<Marks> marks_;  // none: the folder could not be read when last looked at
  Devices devices_;
  std::set<std::string> told_;  // since the last change
  std::vector<std::string> problems_;
};

}  // namespace sluice
